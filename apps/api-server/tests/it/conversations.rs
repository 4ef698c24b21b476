use mock_llm::{MockLlm, Protocol, Scenario};
use serde_json::json;

use crate::program::{Server, access};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_provider_summaries_work_and_a_question_keeps_the_message_and_says_what_to_set() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let token = access(&server.register("ada@example.com").await);
    let post = |target: &str, body: serde_json::Value| server.request("POST", target).bearer(&token).json(&body);
    let text = "Bricks are small. A wall is many bricks. Mortar holds the bricks of a wall together. Birds sing.";
    let summary = post("/api/v1/llm/summarize", json!({"text": text, "max_sentences": 1})).send().await;
    assert_eq!(summary.status, 200, "{}", summary.text());
    assert_eq!((summary.json()["provider"].as_str(), summary.json()["kind"].as_str()), (Some("offline"), Some("extractive")));

    let prompt = post("/api/v1/llm/prompt", json!({"prompt": "Say hello"})).send().await;
    assert_eq!((prompt.status, prompt.code().as_str()), (503, "llm.provider_not_configured"));
    assert!(prompt.json()["detail"].as_str().unwrap().contains("GEMINI_API_KEY"));

    let made = post("/api/v1/llm/conversations", json!({})).send().await;
    assert_eq!(made.status, 201, "{}", made.text());
    let messages = format!("/api/v1/llm/conversations/{}/messages", made.json()["id"].as_str().unwrap());
    let asked = post(&messages, json!({"content": "Say hello"})).send().await;
    assert_eq!((asked.status, asked.code().as_str()), (503, "llm.provider_not_configured"));
    let kept = server.get(&messages, &token).await.json();
    assert_eq!((kept["items"].as_array().unwrap().len(), kept["items"][0]["role"].as_str()), (1, Some("user")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_registers_and_holds_a_streamed_conversation_that_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mock = MockLlm::start().await.unwrap();
    mock.play(Protocol::OpenAiChat, Scenario::Ok);
    let base = mock.base_url(Protocol::OpenAiChat);
    let environment = [
        // The address of tokens stays when the port changes.
        ("APP__SERVER__PUBLIC_URL", "http://brickwork.test"),
        ("OPENAI_API_KEY", "test"),
        ("OPENAI_BASE_URL", base.as_str()),
        ("APP__LLM__DEFAULT_MODEL", "openai/mock"),
    ];
    let server = Server::start_with(folder.path(), &environment);
    let token = access(&server.register("ada@example.com").await);
    let made = server.request("POST", "/api/v1/llm/conversations").bearer(&token).json(&json!({})).send().await.json();
    let messages = format!("/api/v1/llm/conversations/{}/messages", made["id"].as_str().unwrap());
    let asked =
        server.request("POST", &messages).bearer(&token).json(&json!({"content": "Say hello", "stream": true})).send().await;
    assert_eq!(asked.status, 200, "{}", asked.text());
    let events = asked.text();
    for event in ["event: start", "event: delta", "event: usage", "event: done"] {
        assert_eq!(events.matches(event).count().min(1), 1, "{event}: {events}");
    }
    assert!(asked.header("brickwork-generation-id").is_some());
    server.kill();

    let again = Server::start_with(folder.path(), &environment);
    let kept = again.get(&messages, &token).await.json();
    let roles: Vec<&str> = kept["items"].as_array().unwrap().iter().filter_map(|message| message["role"].as_str()).collect();
    assert_eq!(roles, ["user", "assistant"]);
}
