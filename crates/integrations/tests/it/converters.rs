// What is written here is checked through the stand-ins, which judge by the providers' rules and not by the converters' own.

use core_testing::Engine;
use integrations::{NewIssue, NewPage};
use serde_json::Value;

use crate::world::{fresh, with};

/// Everything that Markdown has, in odd places.
const KITCHEN_SINK: &str = include_str!("kitchen_sink.md");

fn texts(value: &Value, found: &mut String) {
    match value {
        Value::Object(members) => {
            for name in ["content", "text", "expression"] {
                if let Some(Value::String(text)) = members.get(name) {
                    found.push_str(text);
                }
            }
            members.values().for_each(|inner| texts(inner, found));
        }
        Value::Array(items) => items.iter().for_each(|inner| texts(inner, found)),
        _ => {}
    }
}

const WORDS: [&str; 14] = [
    "Alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliett", "kilo", "lima", "mike",
    "november",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_markdown_has_is_taken_by_jira_and_every_word_arrives() {
    let world = fresh(&Engine::Sqlite).await;
    world.vendors.jira.create_project("BRICK", Vec::new());
    let ada = world.person(1);
    world.jira(&ada).await;
    let issue = NewIssue { summary: "All".into(), description: KITCHEN_SINK.into(), ..NewIssue::default() };
    world.integrations.creations.create_jira_issue(&ada, issue, None).await.unwrap();
    let mut text = String::new();
    texts(&world.vendors.jira.issues()[0].fields["description"], &mut text);
    for word in WORDS {
        assert!(text.contains(word), "{word} is lost: {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_markdown_has_is_taken_by_notion_and_every_word_arrives() {
    let world = with(&Engine::Sqlite, |config| config.max_wait_seconds = 60).await;
    let ada = world.person(1);
    world.notion(&ada).await;
    let page = NewPage { title: Some("All".into()), markdown: KITCHEN_SINK.into(), ..NewPage::default() };
    world.integrations.creations.create_notion_page(&ada, page, None).await.unwrap();
    let mut text = String::new();
    texts(&Value::Array(world.vendors.notion.pages().pop().unwrap().blocks), &mut text);
    for word in WORDS {
        assert!(text.contains(word), "{word} is lost: {text}");
    }
}
