use std::time::Duration;

use core_testing::Engine;
use integrations::{IntegrationsError, NewPage, OperationState, PageBody, Provider, Settings};
use mock_vendors::{Fault, Reply};
use serde_json::{Value, json};

use crate::world::{World, code, fresh, key, token, with};

fn page(markdown: &str) -> NewPage {
    NewPage { title: Some("Plan".to_owned()), markdown: markdown.to_owned(), ..NewPage::default() }
}

fn lines(count: usize) -> String {
    (0..count).map(|at| format!("line {at}")).collect::<Vec<_>>().join("\n\n")
}

impl World {
    /// The blocks of the newest page.
    fn blocks(&self) -> Vec<Value> {
        self.vendors.notion.pages().pop().unwrap().blocks
    }
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn a_long_page_is_sent_in_parts_and_nothing_is_lost_or_doubled(world) {
        let ada = world.person(1);
        world.notion(&ada).await;
        // The create is cut, then the second part, then the third is refused.
        world.vendors.notion.fail("POST", "/v1/pages", Fault::CutAfter);
        world.vendors.notion.fail("PATCH", "/children", Fault::CutAfter);
        let create = || world.integrations.creations.create_notion_page(&ada, page(&lines(350)), Some(key("k")));
        let Err(IntegrationsError::PageIncomplete { appended, remaining, operation, .. }) = create().await else { panic!("it is whole") };
        assert_eq!((appended, remaining), (100, 250));
        assert_eq!(world.integrations.operations.get(&ada, operation).await.unwrap().state, OperationState::Sent);
        world.vendors.notion.fail("PATCH", "/children", Fault::Instead(Reply::json(400, &json!({"message": "no"}))));
        let Err(IntegrationsError::PageIncomplete { appended: 200, remaining: 150, .. }) = create().await else { panic!("not 200") };
        let made = create().await.unwrap();
        let texts: Vec<String> = world.blocks().iter().map(|block| {
            block["paragraph"]["rich_text"][0]["text"]["content"].as_str().unwrap().to_owned()
        }).collect();
        assert_eq!(texts, (0..350).map(|at| format!("line {at}")).collect::<Vec<_>>());
        assert_eq!(world.vendors.notion.pages().len(), 2, "the parent and the page");
        assert_eq!(create().await.unwrap(), made);
        assert_eq!(world.vendors.notion.count("POST", "/v1/pages"), 1);
    }

    async fn a_create_that_was_cut_is_found_and_never_doubled(world) {
        let ada = world.person(1);
        world.notion(&ada).await;
        let create = |name: &'static str| world.integrations.creations.create_notion_page(&ada, page("text"), Some(key(name)));
        // A page of the same title that another operation made is not taken for it.
        create("first").await.unwrap();
        world.vendors.notion.fail("POST", "/v1/pages", Fault::Masked(Reply::html(502)));
        let made = create("second").await.unwrap();
        assert_eq!(world.vendors.notion.pages().len(), 3);
        assert_eq!(create("second").await.unwrap(), made);
        world.vendors.notion.fail("POST", "/v1/pages", Fault::CutBefore);
        assert_eq!(code(&create("third").await), "integrations.outcome_unknown");
        assert_eq!(code(&create("third").await), "integrations.outcome_unknown");
        world.test.clock.advance(Duration::from_secs(40));
        // The job sees that there is nothing; asking again then makes it.
        world.work().await;
        create("third").await.unwrap();
        assert_eq!(world.vendors.notion.pages().len(), 4);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_texts_long_tables_and_deep_lists_fit() {
    let world = fresh(&Engine::Sqlite).await;
    let ada = world.person(1);
    world.notion(&ada).await;
    let create = |markdown: String| world.integrations.creations.create_notion_page(&ada, NewPage { markdown, ..page("") }, None);
    create("x".repeat(2001)).await.unwrap();
    assert_eq!(world.blocks()[0]["paragraph"]["rich_text"].as_array().unwrap().len(), 2);
    create(format!("```rust\n{}\n```", "y".repeat(190_000))).await.unwrap();
    assert_eq!(world.blocks()[0]["code"]["rich_text"].as_array().unwrap().len(), 100);
    create(format!("| a | b |\n|---|---|\n{}", "| 1 | 2 |\n".repeat(249))).await.unwrap();
    let blocks = world.blocks();
    assert_eq!((blocks.len(), blocks[0]["children"].as_array().unwrap().len()), (1, 250), "one table with all its rows");
    create("- a\n  - b\n    - c\n      - d\n".to_owned()).await.unwrap();
    let two = &world.blocks()[0]["children"][0]["children"];
    assert_eq!(two.as_array().unwrap().len(), 2, "the fourth level follows on the third");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_parent_is_found() {
    let world = fresh(&Engine::Sqlite).await;
    let ada = world.person(1);
    let home = world.notion(&ada).await;
    let under = |parent: &str| {
        let new = NewPage { parent: Some(parent.to_owned()), markdown: "# Heading\n\ntext".to_owned(), ..NewPage::default() };
        world.integrations.creations.create_notion_page(&ada, new, None)
    };
    let address = format!("https://www.notion.so/acme/Home-{}?pvs=4", home.replace('-', ""));
    let made = under(&address).await.unwrap();
    assert!(made.result["url"].as_str().unwrap().contains("/p/"), "the address is the provider's word");
    let newest = world.vendors.notion.pages().pop().unwrap();
    assert_eq!((newest.title.as_str(), newest.blocks.len()), ("Heading", 1), "the first heading is the title");
    let (database, sources) = world.vendors.notion.share_database(&["Only"]);
    under(&database).await.unwrap();
    under(&sources[0]).await.unwrap();
    let (database, _) = world.vendors.notion.share_database(&["One", "Two"]);
    let Err(IntegrationsError::ChoiceNeeded { choices, .. }) = under(&database).await else { panic!("one was taken") };
    assert_eq!(choices.iter().map(|choice| choice.name.as_str()).collect::<Vec<_>>(), ["One", "Two"]);
    assert_eq!(code(&under("00000000000000000000000000000000").await), "integrations.target_not_found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn markdown_that_notion_reads_itself_may_take_a_task() {
    let world = fresh(&Engine::Sqlite).await;
    let ada = world.person(1);
    let parent = world.vendors.notion.share_page("Home");
    let settings = Settings { parent: Some(parent), body: Some(PageBody::Markdown), ..Settings::default() };
    world.connect(&ada, Provider::Notion, token("ntn_test"), settings).await;
    world.vendors.notion.make_pages_later();
    let made = world.integrations.creations.create_notion_page(&ada, page("**bold**"), None).await.unwrap();
    let newest = world.vendors.notion.pages().pop().unwrap();
    assert_eq!((newest.markdown.as_deref(), &json!(newest.id)), (Some("**bold**"), &made.result["id"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_are_waited_for_and_other_answers_have_their_meaning() {
    let world = with(&Engine::Sqlite, |config| config.max_wait_seconds = 5).await;
    let ada = world.person(1);
    world.notion(&ada).await;
    let create = || world.integrations.creations.create_notion_page(&ada, page("text"), None);
    for status in [429, 529] {
        world.vendors.notion.fail("POST", "/v1/pages", Fault::Instead(Reply::json(status, &json!({})).with("retry-after", 2)));
        assert_eq!(code(&create().await), "ok", "{status}");
    }
    world.vendors.notion.fail("POST", "/v1/pages", Fault::Instead(Reply::json(429, &json!({})).with("retry-after", 30)));
    assert_eq!(code(&create().await), "integrations.provider_limit");
    world.test.clock.advance(Duration::from_mins(1));
    let refused = json!({"object": "error", "status": 400, "code": "validation_error", "message": "body failed validation"});
    world.vendors.notion.fail("POST", "/v1/pages", Fault::Instead(Reply::json(400, &refused)));
    assert_eq!(code(&create().await), "integrations.provider_refuses");
    let made = world.vendors.notion.pages().len();
    world.vendors.notion.fail("POST", "/v1/pages", Fault::Instead(Reply::html(502)));
    assert_eq!(code(&create().await), "integrations.outcome_unknown", "a bare 502 is not repeated");
    assert_eq!(world.vendors.notion.pages().len(), made);
}
