use std::sync::atomic::Ordering;
use std::time::Duration;

use core_testing::http::{Reply, Request};
use serde_json::json;

use crate::routing::assert_problem;
use crate::world::{World, world};

fn create(world: &World, key: &str, title: &str) -> Request {
    world.server.post("/api/v1/notes").bearer("alice").header("idempotency-key", key).json(&json!({ "title": title }))
}

fn runs(world: &World) -> u32 {
    world.notes.runs.load(Ordering::SeqCst)
}

fn is_replay(reply: &Reply) -> bool {
    reply.header("idempotency-replayed") == Some("true")
}

#[tokio::test]
async fn a_repeated_request_gets_the_first_answer_and_is_not_run_again() {
    let world = world().await;
    let first = create(&world, "k1", "milk").send().await;
    let second = create(&world, "k1", "milk").send().await;
    assert_eq!((first.status, second.status, runs(&world)), (201, 201, 1));
    assert!(!is_replay(&first) && is_replay(&second));
    assert_eq!(first.body, second.body);
    assert_eq!(first.header("location"), second.header("location"));
    assert_eq!(first.header("etag"), second.header("etag"));
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
}

#[tokio::test]
async fn the_same_key_with_another_body_or_query_is_refused() {
    let world = world().await;
    create(&world, "k1", "milk").send().await;
    assert_problem(&create(&world, "k1", "bread").send().await, 422, "request.idempotency_key_reused");
    assert_eq!(runs(&world), 1);
}

#[tokio::test]
async fn a_key_belongs_to_its_caller_and_path() {
    let world = world().await;
    let secret =
        |token: &str, key: &str| world.server.post("/api/v1/notes/purge").bearer(token).header("idempotency-key", key).send();
    assert_eq!(create(&world, "k1", "milk").send().await.status, 201);
    assert_eq!(secret("alice", "k1").await.status, 204);
    assert_problem(&secret("bob", "k1").await, 403, "request.permission_denied");
}

#[tokio::test]
async fn a_final_refusal_is_replayed_and_a_passing_one_is_tried_again() {
    let world = world().await;
    assert_problem(&create(&world, "k1", "taken").send().await, 409, "notes.taken");
    let again = create(&world, "k1", "taken").send().await;
    assert_eq!((again.status, is_replay(&again), runs(&world)), (409, true, 1));

    let other = crate::world::world().await;
    assert_problem(&create(&other, "k2", "unlucky").send().await, 503, "server.unavailable");
    let again = create(&other, "k2", "unlucky").send().await;
    assert_eq!((again.status, is_replay(&again), runs(&other)), (201, false, 2));
}

#[tokio::test]
async fn an_answer_with_a_secret_is_never_stored() {
    let world = world().await;
    let make = || world.server.post("/api/v1/notes/secret").bearer("alice").header("idempotency-key", "k1").send();
    assert_eq!(make().await.status, 200);
    assert_problem(&make().await, 409, "request.secret_not_replayable");
    assert_eq!(runs(&world), 1);
}

#[tokio::test]
async fn while_the_first_request_runs_the_second_is_409_and_the_work_ends_though_the_client_left() {
    let world = world().await;
    let gated = || world.server.post("/api/v1/notes/gated").bearer("alice").header("idempotency-key", "k1");
    let first = gated().open().await;
    while runs(&world) == 0 {
        tokio::task::yield_now().await;
    }
    let second = gated().send().await;
    assert_problem(&second, 409, "request.idempotency_in_progress");
    assert_eq!(second.header("retry-after"), Some("1"));
    first.hang_up();
    world.notes.gate.notify_one();
    let replayed = loop {
        let reply = gated().send().await;
        if reply.status != 409 {
            break reply;
        }
    };
    assert_eq!((replayed.status, is_replay(&replayed), runs(&world)), (200, true, 1));
}

#[tokio::test]
async fn a_malformed_key_is_400_and_a_key_ends_after_a_day() {
    let world = world().await;
    assert_problem(&create(&world, "with space", "milk").send().await, 400, "request.malformed");
    create(&world, "k1", "milk").send().await;
    world.db.clock.advance(Duration::from_hours(25));
    assert!(!is_replay(&create(&world, "k1", "milk").send().await));
}

#[tokio::test]
async fn a_streamed_answer_is_not_stored_and_its_handler_knows_the_key() {
    let world = world().await;
    for _ in 0..2 {
        let reply = world.server.post("/api/v1/notes/stream").bearer("alice").header("idempotency-key", "k1").send().await;
        assert_eq!((reply.status, is_replay(&reply)), (200, false));
        assert!(reply.text().contains("\"key\":\"k1\""), "{}", reply.text());
    }
}
