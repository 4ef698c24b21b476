use crate::world::{world, world_with};
use core_http::HttpSettings;
use core_testing::http::TestServer;

#[tokio::test]
async fn a_stream_numbers_its_events_and_ends_with_one_terminal_event() {
    let world = world().await;
    let reply = world.server.post("/api/v1/notes/stream").bearer("alice").header("accept-encoding", "gzip").send().await;
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
    assert_eq!(reply.header("content-encoding"), None);
    assert_eq!(reply.text(), "id: 1\nevent: start\ndata: {\"key\":null}\n\nid: 2\nevent: done\ndata: {}\n\n");
}

#[tokio::test]
async fn a_quiet_stream_sends_comments() {
    let mut settings = HttpSettings { ..TestServer::settings() };
    settings.limits.heartbeat_ms = 5;
    let world = world_with(settings).await;
    let mut stream = world.server.get("/api/v1/notes/events").bearer("alice").open().await;
    assert!(stream.read_until("id: first\nevent: start").await);
    assert!(stream.read_until(": \n\n").await);
}

#[tokio::test]
async fn a_client_that_hangs_up_stops_the_producer() {
    let world = world().await;
    let mut stream = world.server.get("/api/v1/notes/events").bearer("alice").open().await;
    assert!(stream.read_until("event: start").await);
    stream.hang_up();
    tokio::time::timeout(std::time::Duration::from_secs(10), world.notes.producer_stopped.notified()).await.unwrap();
}

#[tokio::test]
async fn a_server_that_stops_ends_its_streams_and_then_itself() {
    let world = world().await;
    let mut stream = world.server.get("/api/v1/notes/events").bearer("alice").open().await;
    assert!(stream.read_until("event: start").await);
    world.server.begin_shutdown();
    let reply = stream.reply().await;
    let text = reply.text();
    assert!(text.ends_with("event: done\ndata: {\"reason\":\"stopped\"}\n\n"), "{text}");
    tokio::time::timeout(std::time::Duration::from_secs(20), world.server.stop()).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_producer_that_is_lost_leaves_a_terminal_error_that_names_the_request() {
    let world = world().await;
    let reply = world.server.get("/api/v1/notes/lost").bearer("alice").send().await;
    let text = reply.text();
    let last = text.trim_end().rsplit_once("event: error\ndata: ").unwrap().1;
    let data: serde_json::Value = serde_json::from_str(last).unwrap();
    assert_eq!((data["problem"]["code"].as_str(), data["partial"].as_bool()), (Some("internal.error"), Some(true)));
    let id = reply.header("x-request-id").unwrap();
    assert_eq!(data["problem"]["instance"].as_str(), Some(format!("urn:uuid:{id}").as_str()));
    assert!(data["problem"]["type"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{data}");
}
