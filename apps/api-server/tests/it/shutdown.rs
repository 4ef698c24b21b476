use crate::program::{Server, access};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_signal_ends_streams_with_a_last_event_and_the_program_with_zero() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_with(folder.path(), &[("APP__SERVER__DRAIN_DELAY_MS", "200")]);
    let token = access(&server.register("ada@example.com").await);
    let mut feed = server.request("GET", "/api/v1/events").bearer(&token).open().await;
    assert!(feed.read_until("text/event-stream").await);
    server.terminate();
    let whole = feed.reply().await;
    assert_eq!(whole.status, 200);
    assert!(whole.text().contains("event: "), "a last event: {}", whole.text());
    assert_eq!(server.stop(), Some(0));
}
