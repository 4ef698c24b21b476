use std::time::Duration;

use core_http::Api;
use core_testing::Engine;
use core_testing::http::{FixedActors, TestServer};
use llm::GenerationState;
use mock_llm::{Fault, Scenario};
use serde_json::{Value, json};

use crate::world::{World, offline, world};

const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) async fn serve(world: &World) -> TestServer {
    let actors = FixedActors::new();
    actors.add("alice", world.alice());
    let deps = TestServer::deps(&world.test, actors);
    let api = Api::builder(TestServer::settings(), deps).install(world.llm.clone()).build().unwrap();
    TestServer::start(api).await.unwrap()
}

/// The events of a stream as (id, name, data).
fn events(text: &str) -> Vec<(String, String, Value)> {
    let field = |block: &str, name: &str| {
        block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned)).unwrap_or_default()
    };
    text.split("\n\n")
        .filter(|block| block.contains("event: "))
        .map(|block| (field(block, "id"), field(block, "event"), serde_json::from_str(&field(block, "data")).unwrap()))
        .collect()
}

async fn begin(server: &TestServer) -> String {
    let made = server.post("/api/v1/llm/conversations").bearer("alice").json(&json!({})).send().await;
    assert_eq!((made.status, made.header("etag")), (201, Some("\"v1\"")));
    made.json()["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_prompt_is_answered_whole_with_its_headers() {
    let world = world(&Engine::Sqlite).await;
    let server = serve(&world).await;
    let reply = server.post("/api/v1/llm/prompt").bearer("alice").json(&json!({ "prompt": "Hi?" })).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let body = reply.json();
    assert_eq!(body["text"], Scenario::TEXT);
    assert_eq!((&body["provider"], &body["model"], &body["finish_reason"]), (&json!("mock"), &json!("m"), &json!("stop")));
    let usage = json!({ "input_tokens": 12, "output_tokens": 7, "source": "reported", "cost_micros": 0, "currency": "USD" });
    assert_eq!(body["usage"], usage);
    assert_eq!(reply.header("brickwork-generation-id"), body["generation_id"].as_str());
    assert!(reply.header("brickwork-cost-micros").is_some() && reply.header("brickwork-overhead-ms").is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_is_asked_within_the_trace_of_the_request() {
    let world = world(&Engine::Sqlite).await;
    let server = serve(&world).await;
    let prompt = server.post("/api/v1/llm/prompt").bearer("alice").json(&json!({ "prompt": "Hi?" }));
    let reply = prompt.header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").send().await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let asked = world.mock.requests();
    let told: core_kernel::TraceContext = asked[0].header("traceparent").unwrap().parse().unwrap();
    assert_eq!(told.trace_id().to_string(), "0af7651916cd43dd8448eb211c80319c");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn structured_output_is_read_from_the_answer() {
    let world = world(&Engine::Sqlite).await;
    let server = serve(&world).await;
    let body = json!({ "prompt": "Who?", "schema": { "type": "object" } });
    let cases = [
        (Scenario::Json, json!({ "name": "Ada" })),
        (Scenario::JsonFenced, json!({ "name": "Ada" })),
        (Scenario::JsonTruncated, Value::Null),
    ];
    for (scenario, expected) in cases {
        world.play(scenario);
        let reply = server.post("/api/v1/llm/prompt").bearer("alice").json(&body).send().await;
        assert_eq!(reply.json()["json"], expected, "{scenario:?}");
    }
    assert_eq!(world.mock.requests()[0].body["response_format"]["json_schema"]["schema"], json!({ "type": "object" }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chat_streams_with_tool_calls() {
    let world = world(&Engine::Sqlite).await;
    world.play(Scenario::ToolCalls);
    let server = serve(&world).await;
    let tools = json!([{ "name": "weather", "description": "d", "parameters": { "type": "object" } }]);
    let body = json!({ "messages": [{ "role": "user", "content": [{ "type": "text", "text": "Hi" }] }], "tools": tools, "stream": true });
    let reply = server.post("/api/v1/llm/chat").bearer("alice").json(&body).send().await;
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
    let events = events(&reply.text());
    let names: Vec<_> = events.iter().map(|(_, name, _)| name.as_str()).collect();
    assert_eq!(names, ["start", "delta", "delta", "delta", "usage", "done"]);
    assert_eq!(events[2].2["tool_call"]["arguments"]["city"], "Oslo");
    assert_eq!(events[5].2["finish_reason"], "tool_calls");
    assert!(events.iter().all(|(id, _, _)| !id.is_empty()));
    assert_eq!(events[0].2["generation_id"].as_str(), reply.header("brickwork-generation-id"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_is_held_over_http() {
    let world = world(&Engine::Sqlite).await;
    let server = serve(&world).await;
    let id = begin(&server).await;
    let messages = format!("/api/v1/llm/conversations/{id}/messages");
    let sent = server.post(&messages).bearer("alice").json(&json!({ "content": "Hi there" })).send().await;
    assert_eq!(sent.status, 201, "{}", sent.text());
    let body = sent.json();
    assert_eq!(
        (&body["user_message"]["content"], &body["assistant_message"]["content"]),
        (&json!("Hi there"), &json!(Scenario::TEXT))
    );
    assert_eq!(server.get(sent.header("location").unwrap()).bearer("alice").send().await.status, 200);
    let streamed = server.post(&messages).bearer("alice").json(&json!({ "content": "More", "stream": true })).send().await;
    let told = events(&streamed.text());
    assert_eq!(told[0].2["user_message"]["content"], "More");
    let (_, last, data) = told.last().unwrap();
    assert_eq!((last.as_str(), &data["assistant_message"]["content"]), ("done", &json!(Scenario::TEXT)));
    assert_eq!(told[0].2["assistant_message_id"], data["assistant_message"]["id"]);
    let list = server.get(&format!("{messages}?limit=3")).bearer("alice").send().await.json();
    let contents: Vec<_> = list["items"].as_array().unwrap().iter().map(|item| item["content"].clone()).collect();
    assert_eq!(contents, ["Hi there", Scenario::TEXT, "More"]);
    let cursor = list["next_cursor"].as_str().unwrap();
    let rest = server.get(&format!("{messages}?limit=3&cursor={cursor}")).bearer("alice").send().await.json();
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next_cursor"]), (1, &Value::Null));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_truncated_stream_ends_with_an_error_and_the_partial_message() {
    let world = world(&Engine::Sqlite).await;
    world.play(Scenario::EndWithoutEvidence);
    let server = serve(&world).await;
    let id = begin(&server).await;
    let path = format!("/api/v1/llm/conversations/{id}/messages");
    let reply = server.post(&path).bearer("alice").json(&json!({ "content": "Hi", "stream": true })).send().await;
    let told = events(&reply.text());
    let (_, name, data) = told.last().unwrap();
    assert_eq!((name.as_str(), &data["problem"]["code"], &data["partial"]), ("error", &json!("llm.truncated"), &json!(true)));
    assert_eq!(data["assistant_message"]["status"], "partial");
    assert_eq!(data["assistant_message"]["content"], Scenario::PARTIAL);
    let unary = server.post(&path).bearer("alice").json(&json!({ "content": "Hi" })).send().await;
    assert_eq!((unary.status, &unary.json()["code"]), (502, &json!("llm.truncated")));
    assert!(unary.json()["assistant_message_id"].is_string() && unary.header("brickwork-generation-id").is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_hangs_up_ends_its_prompt_at_the_provider() {
    let world = world(&Engine::Sqlite).await;
    let server = serve(&world).await;
    for (index, stream) in [true, false].into_iter().enumerate() {
        let gate = world.mock.new_gate();
        world.play(Scenario::StallBeforeFirstByte);
        let body = json!({ "prompt": "Hi?", "stream": stream });
        let open = server.post("/api/v1/llm/prompt").bearer("alice").json(&body).open().await;
        tokio::time::timeout(PATIENCE, gate.reached()).await.unwrap();
        open.hang_up();
        tokio::time::timeout(PATIENCE, world.mock.client_left(index)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_is_stopped_over_http_and_resumed_by_its_last_event() {
    let world = world(&Engine::Sqlite).await;
    world.play(Scenario::StallMidStream);
    let server = serve(&world).await;
    let id = begin(&server).await;
    let path = format!("/api/v1/llm/conversations/{id}/messages");
    let mut open = server.post(&path).bearer("alice").json(&json!({ "content": "Hi", "stream": true })).open().await;
    assert!(open.read_until("event: delta").await);
    let generation = world.mock.requests().len();
    assert_eq!(generation, 1);
    let text = open.text();
    let id = text.split("brickwork-generation-id: ").nth(1).unwrap().split("\r\n").next().unwrap().to_owned();
    let stopped = server.post(&format!("/api/v1/llm/generations/{id}/stop")).bearer("alice").send().await.json();
    assert_eq!((&stopped["state"], &stopped["text"]), (&json!(GenerationState::Cancelled), &json!(Scenario::PARTIAL)));
    let told = events(&open.reply().await.text());
    let (_, name, data) = told.last().unwrap();
    assert_eq!((name.as_str(), &data["finish_reason"]), ("done", &json!("cancelled")));
    assert_eq!(data["assistant_message"]["status"], "cancelled");
    let watch = server.get(&format!("/api/v1/llm/generations/{id}/events")).bearer("alice");
    let resumed = events(&watch.clone().header("last-event-id", told[1].0.clone()).send().await.text());
    assert_eq!(resumed.iter().map(|(_, name, _)| name.as_str()).collect::<Vec<_>>(), ["usage", "done"]);
    let bad = watch.header("last-event-id", "soon").send().await;
    assert_eq!((bad.status, &bad.json()["code"]), (422, &json!("llm.invalid")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_streamed_post_attaches_to_the_same_generation() {
    let world = world(&Engine::Sqlite).await;
    let server = serve(&world).await;
    let id = begin(&server).await;
    let path = format!("/api/v1/llm/conversations/{id}/messages");
    let post = |content: &str| {
        let body = json!({ "content": content, "stream": true });
        server.post(&path).bearer("alice").header("idempotency-key", "key-1").json(&body).send()
    };
    let first = post("Hi").await;
    let second = post("Hi").await;
    assert_eq!(first.header("brickwork-generation-id"), second.header("brickwork-generation-id"));
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    let story = |text: &str| events(text).into_iter().map(|(_, name, data)| (name, data["text"].clone())).collect::<Vec<_>>();
    assert_eq!(story(&second.text()).last(), story(&first.text()).last());
    assert_eq!(world.mock.requests().len(), 1);
    let other = post("Something else").await;
    assert_eq!((other.status, &other.json()["code"]), (422, &json!("request.idempotency_key_reused")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_of_providers_are_problems_without_the_key() {
    let world = world(&Engine::Sqlite).await;
    let server = serve(&world).await;
    let cases = [
        (Fault::Unauthorised, 502, "llm.provider_auth"),
        (Fault::QuotaSpent, 503, "llm.quota_exhausted"),
        (Fault::RateLimited(mock_llm::Hint::Seconds(77)), 429, "llm.rate_limited"),
        (Fault::ContextOverflow, 413, "llm.context_overflow"),
        (Fault::UnknownModel, 422, "llm.model_unknown"),
        (Fault::Unavailable, 503, "llm.provider_unavailable"),
    ];
    for (fault, status, code) in cases {
        world.play(Scenario::Always(fault));
        let reply = server.post("/api/v1/llm/prompt").bearer("alice").json(&json!({ "prompt": "Hi?" })).send().await;
        assert_eq!((reply.status, &reply.json()["code"]), (status, &json!(code)), "{}", reply.text());
        assert!(!reply.text().contains("sk-"), "{}", reply.text());
        if status == 429 {
            assert_eq!(reply.header("retry-after"), Some("77"));
        }
    }
    let unknown = server.post("/api/v1/llm/prompt").bearer("alice").json(&json!({ "prompt": "Hi?", "model": "" })).send().await;
    assert_eq!((unknown.status, &unknown.json()["code"]), (422, &json!("llm.model_unknown")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unconfigured_server_says_what_to_set_and_keeps_the_message() {
    let world = offline(&Engine::Sqlite).await;
    let server = serve(&world).await;
    let prompt = server.post("/api/v1/llm/prompt").bearer("alice").json(&json!({ "prompt": "Hi?" })).send().await;
    assert_eq!((prompt.status, &prompt.json()["code"]), (503, &json!("llm.provider_not_configured")));
    assert!(prompt.json()["detail"].as_str().unwrap().contains("GEMINI_API_KEY"));
    let id = begin(&server).await;
    let path = format!("/api/v1/llm/conversations/{id}/messages");
    let sent = server.post(&path).bearer("alice").json(&json!({ "content": "Hi", "stream": true })).send().await;
    assert_eq!(sent.status, 503);
    let kept = server.get(&path).bearer("alice").send().await.json();
    assert_eq!(kept["items"][0]["id"], sent.json()["user_message_id"]);
    let body = json!({ "text": "First point. Second point. Third point.", "max_sentences": 1 });
    let summary = server.post("/api/v1/llm/summarize").bearer("alice").json(&body).send().await;
    assert_eq!(
        (summary.status, &summary.json()["provider"], &summary.json()["kind"]),
        (200, &json!("offline"), &json!("extractive"))
    );
    assert!(summary.header("brickwork-generation-id").is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_ends_its_streams_with_what_the_row_says() {
    let world = world(&Engine::Sqlite).await;
    world.play(Scenario::StallMidStream);
    let server = serve(&world).await;
    let id = begin(&server).await;
    let path = format!("/api/v1/llm/conversations/{id}/messages");
    let mut open = server.post(&path).bearer("alice").json(&json!({ "content": "Hi", "stream": true })).open().await;
    assert!(open.read_until("event: delta").await);
    world.tasks.shutdown.cancel();
    server.begin_shutdown();
    let told = events(&open.reply().await.text());
    let (_, name, data) = told.last().unwrap();
    assert_eq!((name.as_str(), &data["problem"]["code"]), ("error", &json!("llm.interrupted")));
    assert_eq!(data["assistant_message"]["content"], Scenario::PARTIAL);
}
