use core_kernel::DomainError as _;
use core_testing::Engine;
use files::{Case, FilesConfig, SearchQuery, codes};

use crate::world::{World, at, fresh, fresh_with};

async fn found(world: &World, id: files::WorkspaceId, query: SearchQuery) -> Vec<String> {
    let (hits, _) = world.files.search.search_code(&world.ada, id, query).await.unwrap().collect().await.unwrap();
    hits.into_iter().map(|hit| format!("{}:{}:{}", hit.path, hit.line, hit.column)).collect()
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn every_wish_of_a_search_is_followed_in_both_kinds(world) {
        for workspace in [world.workspace().await, world.root("open").await] {
            let id = workspace.id;
            for (path, text) in [
                ("a.rs", "fn main() {\n    Main::run(\"main\");\n}\n"),
                ("src/b.py", "domain = 1\nprint(main)\n"),
                (".hidden", "main\n"),
                (".gitignore", "built\n"),
                ("built/c.rs", "main\n"),
                ("binary", "x\0main\n"),
            ] {
                world.write(id, path, text).await;
            }
            let literal = || SearchQuery::literal("main");
            assert_eq!(found(&world, id, literal()).await, ["a.rs:1:4", "a.rs:2:16", "src/b.py:1:3", "src/b.py:2:7"]);
            assert_eq!(found(&world, id, SearchQuery { word: true, ..literal() }).await, ["a.rs:1:4", "a.rs:2:16", "src/b.py:2:7"]);
            assert_eq!(found(&world, id, SearchQuery { case: Case::Insensitive, ..literal() }).await[1], "a.rs:2:5");
            assert_eq!(found(&world, id, SearchQuery { globs: vec!["*.py".into()], ..literal() }).await.len(), 2);
            assert_eq!(found(&world, id, SearchQuery { globs: vec!["!*.py".into()], ..literal() }).await.len(), 2);
            assert_eq!(found(&world, id, SearchQuery { below: Some(at("src")), ..literal() }).await.len(), 2);
            assert_eq!(found(&world, id, SearchQuery { hidden: true, ..literal() }).await.len(), 5);
            assert_eq!(found(&world, id, SearchQuery { ignored: true, ..literal() }).await.len(), 5);
            assert_eq!(found(&world, id, SearchQuery { regex: true, ..SearchQuery::literal("^fn \\w+\\(\\)") }).await, ["a.rs:1:1"]);
            assert_eq!(found(&world, id, SearchQuery::literal("(main)")).await, ["src/b.py:2:6"], "literal unless it is said");
            let run = world.files.search.search_code(&world.ada, id, SearchQuery { context: 1, ..SearchQuery::literal("Main::run") });
            let (hits, _) = run.await.unwrap().collect().await.unwrap();
            assert_eq!((hits[0].before.as_slice(), hits[0].after.as_slice()), (&["fn main() {".to_owned()][..], &["}".to_owned()][..]));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_that_can_not_be_read_is_told_what_is_wrong() {
    let world = fresh(&Engine::Sqlite).await;
    let id = world.workspace().await.id;
    let broken = [
        SearchQuery::literal(""),
        SearchQuery { regex: true, ..SearchQuery::literal("(") },
        SearchQuery { regex: true, ..SearchQuery::literal("\\w{5000}{5000}") },
        SearchQuery { regex: true, ..SearchQuery::literal("a\\nb") },
        SearchQuery { globs: vec!["[".into()], ..SearchQuery::literal("a") },
        SearchQuery { limit: 0, ..SearchQuery::literal("a") },
        SearchQuery { context: 21, ..SearchQuery::literal("a") },
    ];
    for query in broken {
        let error = world.files.search.search_code(&world.ada, id, query.clone()).await.unwrap_err();
        assert_eq!(error.code().code, codes::INVALID.code, "{query:?}");
    }
    let sections = SearchQuery { sections: true, ..SearchQuery::literal("a") };
    let error = world.files.search.search_code(&world.ada, id, sections).await.unwrap_err();
    assert_eq!(error.code().code, codes::NO_SECTIONS.code);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_stops_at_its_limit_and_says_so() {
    let world = fresh(&Engine::Sqlite).await;
    let id = world.root("open").await.id;
    for number in 0..40 {
        world.write(id, &format!("{number}.txt"), &"hit\n".repeat(50)).await;
    }
    for (limit, truncated) in [(7, true), (1999, true), (2000, false), (3000, false)] {
        let run =
            world.files.search.search_code(&world.ada, id, SearchQuery { limit, ..SearchQuery::literal("hit") }).await.unwrap();
        let (hits, summary) = run.collect().await.unwrap();
        assert_eq!((hits.len(), summary.truncated), (limit.min(2000), truncated));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_whose_reader_left_frees_its_place() {
    let config = FilesConfig { search_concurrency: 1, search_seconds: 5, ..FilesConfig::default() };
    let world = fresh_with(&Engine::Sqlite, config).await;
    let id = world.root("open").await.id;
    // More files than wait for a reader, so that the search must stand still.
    for number in 0..300 {
        std::fs::write(world.folder.path().join(format!("shared/{number}.txt")), "hit\n").unwrap();
    }
    let search = || world.files.search.search_code(&world.ada, id, SearchQuery::literal("hit"));
    let mut first = search().await.unwrap();
    assert!(first.next().await.is_some());
    drop(first);
    let (hits, summary) = search().await.unwrap().collect().await.unwrap();
    assert_eq!((hits.len(), summary.truncated), (300, false), "the first one gave its place back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_of_many_megabytes_is_searched_and_shown_around_its_match() {
    let world = fresh(&Engine::Sqlite).await;
    let id = world.root("open").await.id;
    let mut text = "x".repeat(12 << 20);
    text.push_str("needle");
    text.push_str(&"y".repeat(6 << 20));
    std::fs::write(world.folder.path().join("shared/one-line.js"), text).unwrap();
    let run = world.files.search.search_code(&world.ada, id, SearchQuery::literal("needle")).await.unwrap();
    let (hits, _) = run.collect().await.unwrap();
    assert_eq!((hits.len(), hits[0].line, hits[0].column), (1, 1, (12 << 20) + 1));
    assert!(hits[0].cut && hits[0].text.contains("needle") && hits[0].text.len() <= 1000);
}
