use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use code::testing::{FixedModel, MemoryTree};
use code::{
    Code, CodeConfig, Deps, FileTags, Graph, Language, Limits, PromptAsk, RepoMap, Source, codes, count_tokens, extract,
    permissions, rank,
};
use core_kernel::{DomainError as _, Timestamp, UserId};
use core_testing::http::FixedActors;
use uuid::Uuid;

fn tagged(path: &str, text: &str) -> FileTags {
    let (language, _) = Language::detect(Some(path), text).unwrap();
    FileTags { path: path.to_owned(), tags: Arc::new(extract(language, text, Limits::default()).unwrap()) }
}

/// The sources of this crate.
fn own_sources() -> Vec<(String, String)> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut waiting, mut found) = (vec![root.clone()], Vec::new());
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).unwrap().filter_map(Result::ok) {
            if entry.path().is_dir() {
                waiting.push(entry.path());
            } else {
                let name = entry.path().strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                found.push((name, std::fs::read_to_string(entry.path()).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// A generator of numbers that are the same each time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

#[test]
fn a_map_never_exceeds_its_budget_in_ten_thousand_budgets() {
    let sources = own_sources();
    // A few files are enough to have every case, and few enough for ten thousand maps.
    let few: Vec<(String, String)> = sources.iter().filter(|(path, _)| !path.contains("grammar/")).take(9).cloned().collect();
    let graph = Graph::new(few.iter().map(|(path, text)| tagged(path, text)).collect());
    let texts: HashMap<usize, String> = graph
        .files
        .iter()
        .enumerate()
        .filter_map(|(at, file)| Some((at, few.iter().find(|(path, _)| *path == file.path)?.1.clone())))
        .collect();
    let ranked = rank(&graph, &[]);
    let mut numbers = Numbers(7);
    let mut largest = 0;
    for round in 0..10_000 {
        // Small budgets are where the edges are.
        let most = [8, 64, 512, 4096, 20_000][round % 5];
        let budget = usize::try_from(numbers.next(most)).unwrap();
        let packed = RepoMap::pack(&graph, &ranked, &texts, budget);
        assert!(packed.tokens <= budget, "{} tokens of {budget}", packed.tokens);
        assert_eq!(packed.tokens, count_tokens(&packed.map));
        largest = largest.max(packed.tokens * 100 / budget.max(1));
        let shown: u32 = packed.manifest.iter().map(|file| file.bodies + file.signatures + file.names).sum();
        assert_eq!(shown == 0, packed.map.is_empty());
    }
    assert!(largest >= 90, "budgets are made use of: {largest} of 100");
}

#[test]
fn ranking_converges_on_cycles_loops_and_islands() {
    let ring = |files: usize| -> Graph {
        let text = |at: usize| format!("pub fn function_{at}() {{ function_{}(); function_{at}(); }}\n", (at + 1) % files);
        Graph::new((0..files).map(|at| tagged(&format!("f{at:03}.rs"), &text(at))).collect())
    };
    for files in [1, 2, 3, 50] {
        let graph = ring(files);
        let ranked = rank(&graph, &[]);
        let total: f64 = ranked.iter().map(|one| one.score).sum();
        assert!(
            ranked.iter().all(|one| one.score.is_finite() && one.score >= 0.0) && total > 0.5 && total < 2.0,
            "{files}: {total}"
        );
        let (first, last) = (ranked[0].score, ranked[ranked.len() - 1].score);
        assert!((first - last).abs() < 1e-6, "all are alike on a ring: {first} and {last}");
        assert_eq!(ranked, rank(&graph, &[]), "the same each time");
    }
    assert!(rank(&Graph::default(), &["x".to_owned()]).is_empty());
    let focused = rank(&ring(50), &["f007.rs".to_owned()]);
    assert_eq!(focused[0].file, 8, "what the named file uses comes first");
}

#[test]
fn what_is_used_most_comes_first() {
    let graph = Graph::new(vec![
        tagged("core.rs", "pub fn parse_settings() {}\npub fn seldom_used() {}\n"),
        tagged("a.rs", "fn a() { parse_settings(); }\n"),
        tagged("b.rs", "fn b() { parse_settings(); parse_settings(); }\n"),
        tagged("c.rs", "fn c() { parse_settings(); seldom_used(); }\n"),
    ]);
    let ranked = rank(&graph, &[]);
    let best = &graph.files[ranked[0].file].tags.symbols[ranked[0].symbol];
    assert_eq!(best.name, "parse_settings");
    let packed = RepoMap::pack(&graph, &ranked, &HashMap::new(), 40);
    assert!(packed.map.contains("parse_settings"), "{}", packed.map);
}

/// Files of functions that define some of twenty names and use others.
fn random_file(numbers: &mut Numbers, at: usize) -> FileTags {
    let (mut text, name) = (String::new(), |numbers: &mut Numbers| format!("shared_name_{}", numbers.next(20)));
    for _ in 0..numbers.next(6) {
        let (own, used, also) = (name(numbers), name(numbers), name(numbers));
        let bump = numbers.next(3);
        let _written = writeln!(text, "pub fn {own}() {{ {used}(); {also}(); local_{at}(); }}\nstruct Only{at}{bump};");
    }
    tagged(&format!("f{at:03}.rs"), &text)
}

#[test]
fn a_graph_that_follows_edits_ranks_as_one_that_is_read_anew() {
    let mut numbers = Numbers(11);
    let mut files: Vec<FileTags> = (0..30).map(|at| random_file(&mut numbers, at)).collect();
    let mut graph = Graph::new(files.clone());
    for _ in 0..200 {
        let mut changes = Vec::new();
        for _ in 0..=numbers.next(3) {
            let at = usize::try_from(numbers.next(30)).unwrap();
            files[at] = random_file(&mut numbers, at);
            changes.push((at, Arc::clone(&files[at].tags)));
        }
        graph = graph.with(changes);
        for focus in [Vec::new(), vec!["shared_name_3".to_owned(), "f007.rs".to_owned()]] {
            assert_eq!(rank(&graph, &focus), rank(&Graph::new(files.clone()), &focus));
        }
    }
}

fn ada() -> core_kernel::Actor {
    FixedActors::person(UserId(Uuid::from_u128(1)), &permissions::ALL, Timestamp::from_millis(0))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn symbols_and_references_are_found_over_a_workspace() {
    let (tree, workspace, ada) = (Arc::new(MemoryTree::default()), Uuid::from_u128(9), ada());
    tree.write(&ada, workspace, "a.rs", "pub struct Parser;\nimpl Parser { pub fn parse(&self) {} }\n");
    tree.write(&ada, workspace, "b.py", "def parse_all():\n    parse()\n    parse()\n");
    tree.write(&ada, workspace, "broken.rs", "fn ((((( struct");
    tree.write(&ada, workspace, "notes.txt", "parse");
    let code = Code::new(Deps { config: CodeConfig::default(), tree: tree.clone(), model: Arc::new(FixedModel::saying("")) });
    let found = code.repositories.symbols(&ada, workspace, "PARSE", 10).await.unwrap();
    let names: Vec<(&str, u32)> = found.places.iter().map(|place| (place.name.as_str(), place.line)).collect();
    assert_eq!(names, [("parse", 2), ("Parser", 1), ("parse_all", 1)]);
    let found = code.repositories.references(&ada, workspace, "parse", 10).await.unwrap();
    let places: Vec<(&str, u32, bool)> =
        found.places.iter().map(|place| (place.path.as_str(), place.line, place.definition)).collect();
    assert_eq!(places, [("a.rs", 2, true), ("b.py", 2, false), ("b.py", 3, false)]);
    tree.write(&ada, workspace, "b.py", "def parse_all():\n    other()\n");
    let found = code.repositories.references(&ada, workspace, "parse", 10).await.unwrap();
    assert_eq!(found.places.len(), 1, "a change is seen at once");
    tree.write(&ada, workspace, "c.rs", "fn c() { parse(); }\n");
    tree.write(&ada, workspace, "a.rs", "pub fn parse() {}\n");
    let found = code.repositories.references(&ada, workspace, "parse", 10).await.unwrap();
    assert_eq!(found.places.len(), 2, "a new file and a change together");
    tree.write(&ada, workspace, "a.rs", "fn \0 parse");
    let found = code.repositories.references(&ada, workspace, "parse", 10).await.unwrap();
    assert_eq!(found.places.len(), 1, "what can't be read any more defines nothing");
    let map = code.repositories.map(&ada, workspace, 300, vec!["b.py".into()]).await.unwrap();
    assert!(map.tokens <= 300 && map.map.contains("parse_all"), "{}", map.map);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_leaves_for_a_model_and_what_it_claims_is_checked() {
    let model = Arc::new(FixedModel::saying("It signs in, see a.py:1-2, line 999 and b.py:1."));
    let config = CodeConfig { model_bytes: 2048, ..CodeConfig::default() };
    let code = Code::new(Deps { config, tree: Arc::new(code::NoSourceTree), model: model.clone() });
    let secret = "hunter2-hunter2";
    let function = |number: u32| format!("def f{number}():\n    return '{{{{question}}}} {number} and more of it'\n");
    let body: Vec<String> = (0..60).map(function).collect();
    let body = body.concat();
    let text = format!("def sign_in():\n    password = \"{secret}\"\n{body}");
    let source = || Source::Given { code: text.clone(), path: Some("a.py".into()), language: None };
    let told = code.understanding.explain_code(&ada(), source(), Some("why?".into()), None, None).await.unwrap();
    assert!(told.parts > 1, "it is asked about in parts");
    assert_eq!(told.citations.iter().map(|cited| cited.lines.to_string()).collect::<Vec<_>>(), ["1-2"]);
    assert_eq!(told.unverified, ["b.py:1", "line 999"]);
    assert_eq!((told.redactions[0].kind.as_str(), told.redactions[0].line), ("assigned_secret", 2));
    let short =
        Source::Given { code: format!("key = \"{secret}\"; token = \"{secret}\"\n"), path: Some("b.py".into()), language: None };
    let ask = PromptAsk { template: "review".into(), ..PromptAsk::default() };
    assert_eq!(code.understanding.code_with_prompt(&ada(), short, ask).await.unwrap().template, ("code.review", 1));
    let asked = model.asked();
    assert_eq!(asked.len(), told.parts + 2);
    assert!(asked.iter().all(|request| !request.prompt.contains("password = \"hunter2")), "the secret stays here");
    assert!(asked[0].prompt.contains("{{question}} 0"), "a source's braces stay as they are");
    let hidden = Source::Given { code: "a = 1".into(), path: Some("conf/.env".into()), language: Some("bash".into()) };
    assert!(code.understanding.explain_code(&ada(), hidden, None, None, None).await.is_err());
}

#[tokio::test]
async fn files_that_include_each_other_or_are_no_text_do_not_sink_a_map() {
    let (tree, workspace, ada) = (Arc::new(MemoryTree::default()), Uuid::from_u128(11), ada());
    tree.write(
        &ada,
        workspace,
        "a.h",
        "#include \"b.h\"\n#include \"a.h\"\nint alpha(void);\nint use_beta(void) { return beta(); }\n",
    );
    tree.write(&ada, workspace, "b.h", "#include \"a.h\"\nint beta(void);\nint use_alpha(void) { return alpha(); }\n");
    tree.write(&ada, workspace, "latin.py", b"# caf\xe9\ndef caf\xe9(): pass\n");
    tree.write(&ada, workspace, "one_line.js", format!("var gamma = [{}];", "1,".repeat(1 << 19)));
    tree.write(&ada, workspace, "deep.json", ["[".repeat(10_000), "]".repeat(10_000)].concat());
    let code = Code::new(Deps { config: CodeConfig::default(), tree: tree.clone(), model: Arc::new(FixedModel::saying("")) });
    let map = code.repositories.map(&ada, workspace, 400, Vec::new()).await.unwrap();
    assert!(map.map.contains("alpha") && map.map.contains("beta") && map.tokens <= 400, "{}", map.map);
    let file = |path: &str| Source::File { workspace, path: path.to_owned(), language: None };
    for (path, why) in [("latin.py", &codes::NOT_TEXT), ("one_line.js", &codes::TOO_LARGE)] {
        let refused = code.understanding.extract_code_context(&ada, file(path)).await.unwrap_err();
        assert_eq!(refused.code().code, why.code, "{path}");
    }
    for path in ["a.h", "deep.json"] {
        let understood = code.understanding.extract_code_context(&ada, file(path)).await;
        assert!(understood.is_ok_and(|found| found.extract.lines <= 5), "{path}");
    }
}
