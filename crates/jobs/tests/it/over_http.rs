use std::sync::Arc;

use core_jobs::EnqueueOptions;
use core_testing::Engine;
use core_testing::http::{FixedActors, Reply, TestServer};
use jobs::{Deps, Jobs, JobsConfig};
use serde_json::{Value, json};

use crate::world::{ADA, World, fresh};

struct Served {
    world: World,
    server: TestServer,
}

async fn served() -> Served {
    served_with(JobsConfig::default()).await
}

async fn served_with(config: JobsConfig) -> Served {
    let world = fresh(&Engine::Sqlite).await;
    let jobs = Jobs::new(Deps { db: world.test.db.clone(), config });
    let actors = FixedActors::new();
    actors.add("ada", world.person(ADA));
    actors.add("admin", world.administrator());
    let server = TestServer::alone("https://api.example.com", &world.test, actors, Arc::new(jobs)).await.unwrap();
    Served { world, server }
}

/// The body without what differs from run to run.
fn body(reply: &Reply) -> Value {
    let mut body = reply.json();
    if let Some(instance) = body.get_mut("instance") {
        *instance = json!("urn:uuid:<request id>");
    }
    body
}

#[tokio::test]
async fn a_dead_job_is_found_by_its_state() {
    let served = served().await;
    let options = EnqueueOptions { owner: Some(ADA.into()), ..EnqueueOptions::default() };
    served.world.enqueue(false, options).await;
    served.world.work().await;
    let page = served.server.get("/api/v1/jobs?state=dead").bearer("admin").send().await;
    insta::assert_json_snapshot!(body(&page), @r#"
    {
      "items": [
        {
          "attempt": 1,
          "created_at": "2026-01-16T14:40:00Z",
          "finished_at": "2026-01-16T14:40:00Z",
          "id": "01900000-0000-7000-8000-000000000001",
          "last_error": "the kettle is broken",
          "max_attempts": 1,
          "name": "test.brew",
          "owner_id": "00000000-0000-0000-0000-000000000ada",
          "priority": 0,
          "progress": null,
          "queue": "default",
          "run_at": "2026-01-16T14:40:00Z",
          "state": "dead"
        }
      ],
      "next_cursor": null
    }
    "#);
}

#[tokio::test]
async fn a_dead_job_is_retried_and_called_off() {
    let served = served().await;
    let options = EnqueueOptions { owner: Some(ADA.into()), ..EnqueueOptions::default() };
    let id = served.world.enqueue(false, options).await;
    served.world.work().await;
    let retried = served.server.post(&format!("/api/v1/jobs/{id}/retry")).bearer("admin").send().await;
    insta::assert_json_snapshot!(body(&retried), @r#"
    {
      "attempt": 0,
      "created_at": "2026-01-16T14:40:00Z",
      "finished_at": null,
      "id": "01900000-0000-7000-8000-000000000001",
      "last_error": "the kettle is broken",
      "max_attempts": 1,
      "name": "test.brew",
      "owner_id": "00000000-0000-0000-0000-000000000ada",
      "priority": 0,
      "progress": null,
      "queue": "default",
      "run_at": "2026-01-16T14:40:00Z",
      "state": "ready"
    }
    "#);
    let cancel = || served.server.post(&format!("/api/v1/jobs/{id}/cancel")).bearer("admin").send();
    assert_eq!(cancel().await.json()["state"], "cancelled");
    let again = cancel().await;
    assert_eq!(again.status, 409);
    insta::assert_json_snapshot!(body(&again), @r#"
    {
      "code": "jobs.not_cancellable",
      "detail": "The job is cancelled.",
      "instance": "urn:uuid:<request id>",
      "status": 409,
      "title": "The job can't be called off",
      "type": "https://api.example.com/problems/jobs.not_cancellable"
    }
    "#);
    let one = served.server.get(&format!("/api/v1/jobs/{id}")).bearer("admin").send().await;
    assert_eq!(one.json()["state"], "cancelled");
}

#[tokio::test]
async fn a_state_that_is_none_is_422() {
    let served = served().await;
    let reply = served.server.get("/api/v1/jobs?state=sleepy").bearer("admin").send().await;
    assert_eq!((reply.status, &reply.json()["errors"][0]["pointer"]), (422, &json!("/state")));
}

#[tokio::test]
async fn events_stream_with_their_places_and_end_when_the_server_stops() {
    let served = served().await;
    served.world.happen(ADA.into(), "tea.first", json!({"leaf": "darjeeling", "owner_id": "forged"})).await;
    let mut stream = served.server.get("/api/v1/events").bearer("ada").open().await;
    assert!(stream.read_until("id: 1\nevent: start\ndata: {}\n\n").await, "{}", stream.text());
    served.world.happen(ADA.into(), "tea.second", json!({"leaf": "assam"})).await;
    assert!(stream.read_until("id: 2\nevent: message").await, "{}", stream.text());
    served.server.begin_shutdown();
    let text = stream.reply().await.text();
    assert!(!text.contains("tea.first"), "{text}");
    assert!(text.ends_with("id: 2\nevent: end\ndata: {\"reason\":\"stopping\"}\n\n"), "{text}");
}

#[tokio::test]
async fn a_client_that_comes_back_misses_nothing() {
    let served = served().await;
    for (r#type, data) in [("tea.first", json!({})), ("tea.second", json!({"leaf": "assam", "owner_id": "forged"}))] {
        served.world.happen(ADA.into(), r#type, data).await;
    }
    let mut stream = served.server.get("/api/v1/events").bearer("ada").header("last-event-id", "1").open().await;
    assert!(stream.read_until("id: 2\nevent: message\n").await, "{}", stream.text());
    assert!(stream.read_until("\n\n").await);
    let text = stream.text();
    let data = text.split("id: 2\nevent: message\ndata: ").nth(1).and_then(|rest| rest.split('\n').next()).unwrap();
    let mut event: Value = serde_json::from_str(data).unwrap();
    event["data"]["id"] = json!("<id>");
    insta::assert_json_snapshot!(event, @r#"
    {
      "data": {
        "id": "<id>",
        "leaf": "assam",
        "owner_id": "00000000-0000-0000-0000-000000000ada",
        "subject_id": "00000000-0000-0000-0000-000000000005"
      },
      "timestamp": "2026-01-16T14:40:00Z",
      "type": "tea.second"
    }
    "#);
}

#[tokio::test]
async fn a_filter_that_is_none_is_422_and_a_strange_place_is_now() {
    let served = served().await;
    let refused = served.server.get("/api/v1/events?types=Tea!").bearer("ada").send().await;
    assert_eq!(refused.status, 422);
    insta::assert_json_snapshot!(body(&refused), @r#"
    {
      "code": "jobs.invalid",
      "detail": "The input breaks a rule",
      "errors": [
        {
          "code": "invalid_types",
          "message": "at most 20 types such as media.ready, with commas between them",
          "pointer": "/types"
        }
      ],
      "instance": "urn:uuid:<request id>",
      "status": 422,
      "title": "The input breaks a rule",
      "type": "https://api.example.com/problems/jobs.invalid"
    }
    "#);
    let mut stream = served.server.get("/api/v1/events?types=tea.ready").bearer("ada").header("last-event-id", "x").open().await;
    assert!(stream.read_until("id: 0\nevent: start").await, "{}", stream.text());
    for r#type in ["tea.cold", "tea.ready"] {
        served.world.happen(ADA.into(), r#type, json!({})).await;
    }
    assert!(stream.read_until("id: 2\nevent: message").await, "{}", stream.text());
    assert!(!stream.text().contains("tea.cold"), "{}", stream.text());
}

#[tokio::test]
async fn a_feed_ends_in_time_and_says_where_to_go_on() {
    let served = served_with(JobsConfig { feed_seconds: 1, ..JobsConfig::default() }).await;
    served.world.happen(ADA.into(), "tea.ready", json!({})).await;
    let reply = served.server.get("/api/v1/events").bearer("ada").send().await;
    let end = "id: 1\nevent: start\ndata: {}\n\nid: 1\nevent: end\ndata: {\"reason\":\"renew\"}\n\n";
    assert_eq!(reply.text(), end);
}
