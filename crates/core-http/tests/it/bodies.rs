use serde_json::json;

use crate::routing::assert_problem;
use crate::world::{world, world_with};
use core_http::HttpSettings;
use core_testing::http::TestServer;

#[tokio::test]
async fn a_broken_body_gets_the_right_problem_and_never_a_500() {
    let world = world().await;
    let post = |body: Vec<u8>| world.server.post("/api/v1/notes").bearer("alice").body("application/json", body).send();
    assert_problem(&post(b"{".to_vec()).await, 400, "request.malformed");
    assert_problem(&post(b"\xff\xfe{}".to_vec()).await, 400, "request.malformed");
    assert_problem(&post("[".repeat(1000).into_bytes()).await, 400, "request.malformed");
    assert_problem(&post(Vec::new()).await, 400, "request.malformed");
    for body in [json!({}), json!({"title": 1}), json!({"title": "a", "nope": 1}), json!([]), json!(null)] {
        assert_problem(&post(body.to_string().into_bytes()).await, 422, "request.invalid");
    }
    let reply = post(json!({"title": "a", "nope": 1}).to_string().into_bytes()).await;
    assert_eq!(reply.json()["errors"][0]["pointer"], "/nope");
}

#[tokio::test]
async fn another_content_type_is_415_and_merge_patch_is_taken_by_patch_alone() {
    let world = world().await;
    let post =
        |content_type: &str| world.server.post("/api/v1/notes").bearer("alice").body(content_type, "{\"title\":\"a\"}").send();
    assert_problem(&post("text/plain").await, 415, "request.unsupported_media_type");
    assert_problem(&post("application/merge-patch+json").await, 415, "request.unsupported_media_type");
    assert_eq!(post("application/json; charset=utf-8").await.status, 201);
    let raw = world.server.post("/api/v1/notes/echo").body("text/plain", "x").send().await;
    assert_problem(&raw, 415, "request.unsupported_media_type");
}

#[tokio::test]
async fn a_body_over_the_size_is_413_announced_or_not() {
    let world = world().await;
    let long = json!({ "title": "a".repeat(300_000) }).to_string();
    let reply = world.server.post("/api/v1/notes").bearer("alice").body("application/json", long).send().await;
    assert_problem(&reply, 413, "request.body_too_large");
    let chunk = format!("{:x}\r\n{}\r\n0\r\n\r\n", 2000, "b".repeat(2000));
    let reply = world
        .server
        .post("/api/v1/notes/echo")
        .header("transfer-encoding", "chunked")
        .body("application/octet-stream", chunk)
        .send()
        .await;
    assert_problem(&reply, 413, "request.body_too_large");
    let reply = world.server.post("/api/v1/notes/echo").body("application/octet-stream", "b".repeat(1000)).send().await;
    assert_eq!((reply.status, reply.body.len()), (200, 1000));
}

#[tokio::test]
async fn a_body_that_never_comes_is_408() {
    let mut settings = HttpSettings { ..TestServer::settings() };
    settings.limits.body_seconds = 0;
    let world = world_with(settings).await;
    let request = world
        .server
        .post("/api/v1/notes")
        .bearer("alice")
        .header("content-type", "application/json")
        .header("content-length", "10");
    let reply = request.send().await;
    assert_problem(&reply, 408, "request.timeout");
}

#[tokio::test]
async fn an_internal_error_and_a_panic_are_500_without_their_cause() {
    let world = world().await;
    let reply = world.server.post("/api/v1/notes/flood").send().await;
    assert_problem(&reply, 500, "notes.flooded");
    assert!(!reply.text().contains("canary"));
    let reply = world.server.post("/api/v1/notes/panic").send().await;
    assert_problem(&reply, 500, "internal.error");
    assert!(!reply.text().contains("canary"));
    assert_eq!(world.server.get("/hello").send().await.status, 200);
}

#[tokio::test]
async fn a_text_that_the_framework_answers_becomes_a_problem() {
    let world = world().await;
    let reply = world.server.post("/api/v1/notes/missing-data").send().await;
    assert_problem(&reply, 400, "request.malformed");
    assert!(!reply.text().contains("canary"));
    assert_problem(&world.server.post("/api/v1/notes/refuse").send().await, 422, "request.invalid");
}

#[tokio::test]
async fn an_operation_that_takes_too_long_is_503() {
    let world = world().await;
    let reply = world.server.get("/api/v1/notes/slow").send().await;
    assert_problem(&reply, 503, "request.deadline_exceeded");
    assert_eq!(reply.header("retry-after"), Some("1"));
}
