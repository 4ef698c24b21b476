//! Whole bodies, as clients read them.

use core_testing::Engine;
use core_testing::http::{FixedActors, Reply, TestServer, shape};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::world::{World, world};

/// What differs from run to run: how long something took, and where the mock listens.
const HIDDEN: &[&str] = &["duration_ms", "first_token_ms", "overhead_ms", "latency_ms", "base_url", "provider_request_id"];

async fn serve(world: &World) -> TestServer {
    let actors = FixedActors::new();
    actors.add("alice", world.alice());
    TestServer::alone("https://example.com", &world.test, actors, world.llm.clone()).await.unwrap()
}

async fn ask(server: &TestServer, method: &str, path: &str, body: Option<&Value>) -> Reply {
    server.ask("alice", method, &format!("/api/v1/llm{path}"), body).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prompts_the_ledger_and_what_is_configured_have_these_bodies() {
    let world = world(&Engine::Sqlite).await;
    let server = serve(&world).await;
    let answer = ask(&server, "POST", "/prompt", Some(&json!({"prompt": "Hi?"}))).await;
    assert_json_snapshot!("prompt", shape(&answer, HIDDEN));
    let row = format!("/generations/{}", answer.json()["generation_id"].as_str().unwrap());
    for (name, path) in [("generation", row.as_str()), ("models", "/models"), ("providers", "/providers")] {
        assert_json_snapshot!(name, shape(&ask(&server, "GET", path, None).await, HIDDEN));
    }
    let text = json!({"text": "Here: ```json\n{\"a\": 1,}\n``` and [2"});
    assert_json_snapshot!("extracted", shape(&ask(&server, "POST", "/json/extract", Some(&text)).await, HIDDEN));
    let odd = json!({"prompt": "", "temperature": 9, "schema": {"type": 1}});
    assert_json_snapshot!("odd_prompt", shape(&ask(&server, "POST", "/prompt", Some(&odd)).await, HIDDEN));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conversations_their_messages_and_context_have_these_bodies() {
    let world = world(&Engine::Sqlite).await;
    let server = serve(&world).await;
    let wanted = json!({"title": "Walls", "system_prompt": "Be short.", "metadata": {"team": "red"}});
    let made = ask(&server, "POST", "/conversations", Some(&wanted)).await;
    assert_json_snapshot!("conversation", shape(&made, HIDDEN));
    let own = format!("/conversations/{}", made.json()["id"].as_str().unwrap());
    let sent = ask(&server, "POST", &format!("{own}/messages"), Some(&json!({"content": "How high?"}))).await;
    assert_json_snapshot!("exchange", shape(&sent, HIDDEN));
    for (name, path) in [("messages", "/messages"), ("context", "/context"), ("export", "/export")] {
        assert_json_snapshot!(name, shape(&ask(&server, "GET", &format!("{own}{path}"), None).await, HIDDEN));
    }
    let fact = ask(&server, "POST", "/memories", Some(&json!({"fact": "Likes low walls."}))).await;
    assert_json_snapshot!("memory", shape(&fact, HIDDEN));
    let elsewhere = json!({"content": "And?", "parent_id": "00000000-0000-7000-8000-000000000001"});
    let refused = ask(&server, "POST", &format!("{own}/messages"), Some(&elsewhere)).await;
    assert_json_snapshot!("no_such_parent", shape(&refused, HIDDEN));
}
