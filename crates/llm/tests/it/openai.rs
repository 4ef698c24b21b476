//! What unmodified OpenAI client libraries call. `.ci/clients` runs the libraries themselves.

use core_testing::Engine;
use mock_llm::{Fault, Scenario};
use serde_json::{Value, json};

use crate::http::serve;
use crate::world::{offline, world};

const CHAT: &str = "/openai/v1/chat/completions";

fn hello(more: Value) -> Value {
    let mut body = json!({ "model": "mock/m", "messages": [{ "role": "user", "content": "Hi?" }], "seed": 7, "user": "me" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

/// The documents of a stream of chunks; the last line is as it stands.
fn chunks(text: &str) -> (Vec<Value>, String) {
    let datas: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    let last = datas.last().copied().unwrap_or_default().to_owned();
    (datas.iter().filter_map(|data| serde_json::from_str(data).ok()).collect(), last)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chat_is_answered_in_their_form_whole_and_as_chunks() {
    let world = world(&Engine::Sqlite).await;
    let server = serve(&world).await;
    let whole = server.post(CHAT).bearer("alice").json(&hello(json!({ "max_tokens": 50 }))).send().await;
    assert_eq!(whole.status, 200, "{}", whole.text());
    let body = whole.json();
    assert_eq!((&body["object"], &body["model"]), (&json!("chat.completion"), &json!("mock/m")));
    assert_eq!(body["choices"][0]["message"]["content"], Scenario::TEXT);
    assert_eq!((&body["choices"][0]["finish_reason"], &body["usage"]["total_tokens"]), (&json!("stop"), &json!(19)));
    let asked = hello(json!({ "stream": true, "stream_options": { "include_usage": true } }));
    let streamed = server.post(CHAT).bearer("alice").json(&asked).send().await;
    assert!(streamed.header("content-type").unwrap().starts_with("text/event-stream"));
    let (chunks, last) = chunks(&streamed.text());
    let text: String = chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!((text.as_str(), last.as_str()), (Scenario::TEXT, "[DONE]"));
    assert_eq!(chunks.last().unwrap()["usage"]["completion_tokens"], 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tools_go_there_and_back() {
    let world = world(&Engine::Sqlite).await;
    let server = serve(&world).await;
    world.play(Scenario::ToolCalls);
    let tools = json!([{ "type": "function", "function": { "name": "weather", "parameters": { "type": "object" } } }]);
    let first = server.post(CHAT).bearer("alice").json(&hello(json!({ "tools": tools }))).send().await.json();
    let message = first["choices"][0]["message"].clone();
    assert_eq!(first["choices"][0]["finish_reason"], "tool_calls");
    assert_eq!(message["tool_calls"][0]["function"]["arguments"], r#"{"city":"Oslo","days":2}"#);
    world.play(Scenario::Ok);
    let id = message["tool_calls"][0]["id"].clone();
    let turns = json!([{ "role": "user", "content": "Hi?" }, message, { "role": "tool", "tool_call_id": id, "content": "Rain" }]);
    let second = server.post(CHAT).bearer("alice").json(&hello(json!({ "messages": turns }))).send().await;
    assert_eq!(second.status, 200, "{}", second.text());
    let sent = world.mock.requests().pop().unwrap().body["messages"].as_array().unwrap().clone();
    assert_eq!((&sent[2]["role"], &sent[2]["content"]), (&json!("tool"), &json!("Rain")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_have_their_form_before_and_inside_a_stream() {
    let world = world(&Engine::Sqlite).await;
    let server = serve(&world).await;
    let refused = async |body: Value| {
        let reply = server.post(CHAT).bearer("alice").json(&body).send().await;
        (reply.status, reply.json()["error"]["code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(refused(json!({ "messages": [] })).await, (400, "request.invalid".to_owned()));
    assert_eq!(refused(hello(json!({ "n": 2 }))).await.0, 400);
    assert_eq!(refused(hello(json!({ "messages": [] }))).await, (400, "llm.invalid".to_owned()));
    let format = json!({ "type": "json_schema", "json_schema": { "name": "x", "schema": { "type": "thing" } } });
    assert_eq!(refused(hello(json!({ "response_format": format }))).await, (400, "llm.schema_invalid".to_owned()));
    world.play(Scenario::Always(Fault::ContextOverflow));
    assert_eq!(refused(hello(json!({}))).await, (400, "context_length_exceeded".to_owned()));
    world.play(Scenario::ErrorAfterText);
    let broken = server.post(CHAT).bearer("alice").json(&hello(json!({ "stream": true }))).send().await.text();
    let (chunks, last) = chunks(&broken);
    assert_eq!(chunks.last().unwrap()["error"]["code"], "llm.truncated", "{broken}");
    assert_ne!(last, "[DONE]");
    let nobody = server.post(CHAT).json(&hello(json!({}))).send().await;
    assert_eq!(nobody.status, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn models_vectors_and_responses_are_served() {
    let world = world(&Engine::Sqlite).await;
    let server = serve(&world).await;
    let models = server.get("/openai/v1/models").bearer("alice").send().await.json();
    assert_eq!((&models["object"], &models["data"][0]["id"]), (&json!("list"), &json!("mock/m")));
    assert_eq!(server.get("/openai/v1/models/mock/m").bearer("alice").send().await.json()["owned_by"], "mock");
    assert_eq!(server.get("/openai/v1/models/none").bearer("alice").send().await.json()["error"]["code"], "model_not_found");
    let embed = async |body: Value| server.post("/openai/v1/embeddings").bearer("alice").json(&body).send().await.json();
    let plain = embed(json!({ "model": "mock/m", "input": ["one", "two words"] })).await;
    assert_eq!(plain["data"][1]["embedding"], json!([9.0, 2.0, 1.0]));
    let packed = embed(json!({ "model": "mock/m", "input": "one", "encoding_format": "base64" })).await;
    assert_eq!(packed["data"][0]["embedding"], "AABAQAAAgD8AAIA/");
    let asked =
        |stream: bool| json!({ "model": "mock/m", "input": "Hi?", "instructions": "Be brief.", "stream": stream, "store": true });
    let whole = server.post("/openai/v1/responses").bearer("alice").json(&asked(false)).send().await.json();
    assert_eq!((&whole["status"], &whole["output"][0]["content"][0]["text"]), (&json!("completed"), &json!(Scenario::TEXT)));
    let streamed = server.post("/openai/v1/responses").bearer("alice").json(&asked(true)).send().await.text();
    let (events, _) = chunks(&streamed);
    let text: String = events
        .iter()
        .filter(|event| event["type"] == "response.output_text.delta")
        .filter_map(|event| event["delta"].as_str())
        .collect();
    assert_eq!((text.as_str(), &events.last().unwrap()["type"]), (Scenario::TEXT, &json!("response.completed")));
    let kept = json!({ "model": "mock/m", "input": "Hi?", "previous_response_id": "resp_1" });
    assert_eq!(server.post("/openai/v1/responses").bearer("alice").json(&kept).send().await.status, 400);
    let bare = offline(&Engine::Sqlite).await;
    let reply = serve(&bare).await.post(CHAT).bearer("alice").json(&hello(json!({ "model": "default" }))).send().await;
    assert_eq!((reply.status, reply.json()["error"]["code"].clone()), (503, json!("llm.provider_not_configured")));
}
