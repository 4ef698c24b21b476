use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use core_testing::http::Request;
use serde_json::{Value, json};

use crate::program::{Server, access};

const WRITERS: usize = 16;
const ROUNDS: usize = 50;

/// Every answer that a client got is a promise. Sixteen writers change their profile as fast as they can, the server is killed at
/// a random moment, started again, and must know what it had acknowledged; fifty times.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acknowledged_write_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let environment = [("APP__AUTH__ACCESS_TOKEN_SECONDS", "3600"), ("APP__SERVER__PUBLIC_URL", "http://brickwork.test")];
    let mut server = Server::start_with(folder.path(), &environment);
    let mut tokens = Vec::new();
    for writer in 0..WRITERS {
        tokens.push(access(&server.register(&format!("writer{writer}@example.com")).await));
    }
    let mut acknowledged = vec![0_u64; WRITERS];
    for round in 0..ROUNDS {
        let killed = Arc::new(AtomicBool::new(false));
        let (acknowledge, mut acknowledgements) = tokio::sync::mpsc::unbounded_channel();
        let writers: Vec<_> = tokens
            .iter()
            .zip(&acknowledged)
            .map(|(token, from)| spawn_writer(server.address, token.clone(), *from, Arc::clone(&killed), acknowledge.clone()))
            .collect();
        // Another moment in every round, while all of them are at it.
        for _ in 0..(10 + (round * 37) % 60) {
            acknowledgements.recv().await.expect("the writers write");
        }
        killed.store(true, Ordering::SeqCst);
        server.kill();
        for (known, writer) in acknowledged.iter_mut().zip(writers) {
            *known = writer.await.unwrap();
        }
        server = Server::start_with(folder.path(), &environment);
        for (token, known) in tokens.iter().zip(&acknowledged) {
            let profile = server.get("/api/v1/users/me", token).await;
            let stored = profile.json()["metadata"]["n"].as_u64().unwrap_or(0);
            assert!(stored >= *known, "round {round}: {known} was acknowledged, {stored} is stored: {}", profile.text());
        }
    }
    assert!(acknowledged.iter().sum::<u64>() > WRITERS as u64, "the writers wrote: {acknowledged:?}");
}

fn spawn_writer(
    address: std::net::SocketAddr,
    token: String,
    from: u64,
    killed: Arc<AtomicBool>,
    acknowledge: tokio::sync::mpsc::UnboundedSender<()>,
) -> tokio::task::JoinHandle<u64> {
    #[expect(clippy::disallowed_methods, reason = "the test joins it")]
    tokio::spawn(async move {
        let mut known = from;
        while !killed.load(Ordering::SeqCst) {
            let change: Value = json!({"metadata": {"n": known + 1}});
            let request = Request::to(address, "PATCH", "/api/v1/users/me").bearer(&token);
            if request.json(&change).send().await.status != 200 {
                break;
            }
            known += 1;
            acknowledge.send(()).expect("the test listens");
        }
        known
    })
}
