use integrations::links::LinkKind;
use integrations::{Found, NewCredentials, NewIssue, NewPage, Provider, ResolvedLink, Settings};
use serde_json::json;

use crate::world::{World, code, jira, token, with};

/// People write addresses of the providers' own hosts; the stand-ins are behind the API alone.
async fn fresh(engine: &core_testing::Engine) -> World {
    with(engine, |config| "https://github.com".clone_into(&mut config.github.web_base_url)).await
}

async fn resolve(world: &World, number: u128, text: &str) -> Vec<ResolvedLink> {
    world.integrations.links.resolve(&world.person(number), text, None).await.unwrap()
}

async fn found(world: &World, text: &str) -> Found {
    let mut resolved = resolve(world, 1, text).await;
    assert_eq!(resolved.len(), 1, "{text}");
    resolved.remove(0).found.unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

async fn problem(world: &World, text: &str) -> &'static str {
    let mut resolved = resolve(world, 1, text).await;
    assert_eq!(resolved.len(), 1, "{text}");
    code(&resolved.remove(0).found)
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn a_link_to_lines_of_a_file_gives_these_lines_and_where_they_are_from(world) {
        let ada = world.person(1);
        let connection = world.github(&ada).await;
        world.vendors.github.repository("ada/engine", |repository| {
            repository.put("main", "src/a b.rs", b"one\ntwo\nthree\nfour\n");
            repository.put("main", "logo.png", &[0xff, 0xd8, 0x00]);
        });
        let lines = found(&world, "https://github.com/ada/engine/blob/main/src/a%20b.rs#L2-L3").await;
        let excerpt = lines.code.unwrap();
        assert_eq!((excerpt.path.as_str(), excerpt.text.as_str()), ("src/a b.rs", "two\nthree"));
        let provenance = lines.provenance;
        assert_eq!((provenance.connection_id, provenance.reference.as_deref()), (connection.id, Some("main")));
        assert_eq!(provenance.sha.map(|sha| sha.len()), Some(40));
        let beyond = found(&world, "https://github.com/ada/engine/blob/main/src/a%20b.rs#L4-L99").await.code.unwrap();
        assert_eq!((beyond.text.as_str(), beyond.lines.map(|lines| lines.end)), ("four", Some(4)));
        let whole = found(&world, "https://raw.githubusercontent.com/ada/engine/refs/heads/main/src/a%20b.rs").await;
        assert_eq!(whole.code.unwrap().text, "one\ntwo\nthree\nfour\n");
        for (text, word) in [
            ("https://github.com/ada/engine/blob/main/src/a%20b.rs#L9", "integrations.target_not_found"),
            ("https://github.com/ada/engine/blob/main/none.rs", "integrations.target_not_found"),
            ("https://github.com/ada/engine/blob/main/logo.png", "integrations.not_a_file"),
            ("https://github.com/ada/engine/wiki/Home", "integrations.target_not_found"),
            ("https://acme.ghe.com/ada/engine", "integrations.no_connection"),
        ] {
            assert_eq!(problem(&world, text).await, word, "{text}");
        }
    }

    async fn a_branch_with_slashes_is_found_by_trying(world) {
        world.github(&world.person(1)).await;
        world.vendors.github.repository("ada/engine", |repository| {
            repository.put("feature/x/y", "src/a.rs", b"here\n");
        });
        let found = found(&world, "https://github.com/ada/engine/blob/feature/x/y/src/a.rs").await;
        assert_eq!(found.code.unwrap().path, "src/a.rs");
        assert_eq!(found.provenance.reference.as_deref(), Some("feature/x/y"));
    }

    async fn issues_of_github_and_jira_give_title_and_text(world) {
        let ada = world.person(1);
        world.github(&ada).await;
        world.vendors.github.repository("ada/engine", |repository| {
            repository.issues.insert(7, ("It leans".to_owned(), "To the left.".to_owned()));
        });
        for text in ["https://github.com/ada/engine/issues/7", "ada/engine#7"] {
            let issue = found(&world, text).await;
            assert_eq!((issue.title.as_deref(), issue.text.as_deref(), issue.state.as_deref()), (Some("It leans"), Some("To the left."), Some("open")));
        }
        world.vendors.jira.create_project("BRICK", Vec::new());
        world.jira(&ada).await;
        let issue = NewIssue { summary: "The wall".to_owned(), description: "# Why\n\nIt **leans**.\n\n- a\n- b".to_owned(), ..NewIssue::default() };
        world.integrations.creations.create_jira_issue(&ada, issue, None).await.unwrap();
        for text in ["https://acme.atlassian.net/browse/BRICK-1", "see BRICK-1"] {
            let issue = found(&world, text).await;
            assert_eq!((issue.title.as_deref(), issue.text.as_deref()), (Some("The wall"), Some("Why\nIt leans.\n- a\n- b")));
            assert_eq!(issue.provenance.url.as_deref(), Some("https://acme.atlassian.net/browse/BRICK-1"));
        }
        assert_eq!(problem(&world, "https://other.atlassian.net/browse/BRICK-1").await, "integrations.no_connection", "another site, another issue");
        assert_eq!(problem(&world, "https://acme.atlassian.net/browse/BRICK-99").await, "integrations.target_not_found");
    }

    async fn a_page_of_notion_gives_its_text(world) {
        let ada = world.person(1);
        world.notion(&ada).await;
        let page = NewPage { title: Some("Bricks".to_owned()), markdown: "Red and **heavy**.".to_owned(), ..NewPage::default() };
        let made = world.integrations.creations.create_notion_page(&ada, page, None).await.unwrap();
        let id = made.result["id"].as_str().unwrap().replace('-', "");
        let page = found(&world, &format!("https://www.notion.so/acme/Bricks-{id}?pvs=4")).await;
        assert_eq!(page.title.as_deref(), Some("Bricks"));
        assert!(page.text.unwrap().contains("heavy"));
    }

    async fn a_link_is_read_through_ones_own_connections_alone(world) {
        let ada = world.person(1);
        let first = world.github(&ada).await;
        let second = world.connect(&ada, Provider::Github, token("ghp_test"), Settings::default()).await;
        let text = "https://github.com/ada/engine";
        assert_eq!(problem(&world, text).await, "integrations.ambiguous_connection");
        let named = world.integrations.links.resolve(&ada, text, Some(second.id)).await.unwrap();
        assert_eq!(named[0].found.as_ref().unwrap().provenance.connection_id, second.id);
        let bob = world.person(2);
        assert_eq!(code(&world.integrations.links.resolve(&bob, text, Some(first.id)).await), "integrations.invalid");
        assert_eq!(code(&resolve(&world, 2, text).await[0].found), "integrations.no_connection");
        let many = format!("{text} ").repeat(20);
        assert_eq!(world.integrations.links.resolve(&ada, &many, Some(first.id)).await.unwrap().len(), 10);
    }

    async fn the_parser_knows_the_hosts_of_ones_connections(world) {
        let ada = world.person(1);
        let text = "BRICK-1 https://jira.corp.example/jira/browse/BRICK-2";
        let parse = |actor| world.integrations.links.parse(actor, text);
        assert_eq!(parse(&ada).await.unwrap().len(), 1);
        world.vendors.jira.create_project("BRICK", Vec::new());
        let settings = Settings { project: Some("BRICK".to_owned()), ..Settings::default() };
        world.connect(&ada, Provider::Jira, NewCredentials { site: Some("acme".to_owned()), ..jira("jira_classic") }, settings).await;
        let links = parse(&ada).await.unwrap();
        assert_eq!((links[0].kind, json!(links[0].confidence)), (LinkKind::Issue, json!("high")));
    }
}
