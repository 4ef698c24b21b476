use core_http::{ServeConfig, install_metrics, serve};
use core_testing::http::FixedActors;
use core_testing::{Engine, TestDb};
use tokio_util::sync::CancellationToken;

use crate::routing::assert_problem;
use crate::world::{builder, world};

#[tokio::test]
async fn liveness_touches_nothing_and_readiness_lists_each_check() {
    let world = world().await;
    let alive = world.server.get("/livez").send().await;
    assert_eq!(alive.json(), serde_json::json!({"status": "ok"}));
    assert!(alive.header("x-request-id").is_some());
    let ready = world.server.get("/readyz").send().await;
    assert_eq!((ready.status, ready.json()["status"].as_str()), (200, Some("ok")));
    let names: Vec<String> =
        ready.json()["checks"].as_array().unwrap().iter().map(|check| check["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names, ["database", "notes.cellar"]);
}

#[tokio::test]
async fn a_failing_check_degrades_and_a_critical_one_makes_unready() {
    let degraded = world().await;
    *degraded.notes.sick.lock().unwrap() = Some("a little");
    let ready = degraded.server.get("/readyz").send().await;
    assert_eq!((ready.status, ready.json()["status"].as_str()), (200, Some("degraded")));
    let broken = world().await;
    *broken.notes.sick.lock().unwrap() = Some("critical");
    let unready = broken.server.get("/readyz").send().await;
    assert_problem(&unready, 503, "server.unavailable");
    assert_eq!(unready.json()["checks"][1]["detail"], "The cellar is wet.");
}

#[tokio::test]
async fn readiness_fails_at_once_when_the_server_drains() {
    let world = world().await;
    world.server.api.drain();
    assert_problem(&world.server.get("/readyz").send().await, 503, "server.shutting_down");
    assert_eq!(world.server.get("/hello").send().await.status, 200);
}

#[tokio::test]
async fn the_admin_listener_has_the_metrics_by_operation() {
    let metrics = install_metrics();
    let db = TestDb::fresh(&Engine::Sqlite, Vec::new()).await.unwrap();
    let settings = core_testing::http::TestServer::settings();
    let api = builder(&db, settings, FixedActors::new()).build().unwrap();
    let shutdown = CancellationToken::new();
    let served = serve(api, ServeConfig { metrics, ..ServeConfig::default() }, shutdown.clone()).await.unwrap();
    let get = |address, target: &str| core_testing::http::Request::to(address, "GET", target).send();
    assert_eq!(get(served.address, "/problems/request.invalid").await.status, 200);
    let text = get(served.admin_address.unwrap(), "/metrics").await.text();
    assert!(text.contains("http_requests_total{operation=\"get_problem\",status=\"2xx\"} 1"), "{text}");
    assert!(text.contains("http_request_duration_seconds_bucket{operation=\"get_problem\""), "{text}");
    assert_eq!(get(served.address, "/metrics").await.status, 404);
    shutdown.cancel();
    served.finished().await.unwrap();
}
