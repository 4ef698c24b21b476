use std::io;
use std::sync::{Arc, Mutex, OnceLock};

use core_http::HttpSettings;
use core_testing::http::{Reply, TestServer};

use crate::world::world_with;

/// Everything that this process logs.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Server threads log too, so the subscriber is the process's; tests find their own lines by request id.
    fn capture() -> Self {
        static LOG: OnceLock<Log> = OnceLock::new();
        let install = || {
            let log = Self::default();
            let writer = log.clone();
            tracing_subscriber::fmt().json().with_writer(move || writer.clone()).init();
            log
        };
        LOG.get_or_init(install).clone()
    }

    async fn lines(&self, target: &str, reply: &Reply) -> Vec<String> {
        let id = reply.header("x-request-id").unwrap().to_owned();
        let wanted = |line: &&str| line.contains(&id) && line.contains(&format!("\"target\":\"{target}\""));
        // The line is written just after the answer.
        loop {
            let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
            let lines: Vec<String> = text.lines().filter(wanted).map(str::to_owned).collect();
            if !lines.is_empty() {
                return lines;
            }
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn the_access_log_names_the_route_and_never_the_path_or_the_query() {
    let log = Log::capture();
    let world = world_with(HttpSettings { access_log: true, ..TestServer::settings() }).await;
    let target = "/api/v1/notes/0190b7a2-0000-7000-8000-00000000cafe?token=canary-query";
    let reply =
        world.server.get(target).bearer("alice").header("x-request-id", "0190b7a2-1111-7000-8000-000000000001").send().await;
    let lines = log.lines("access", &reply).await;
    assert_eq!(lines.len(), 1);
    assert!(
        lines[0].contains("\"route\":\"/api/v1/notes/{id}\"") && lines[0].contains("\"operation\":\"get_note\""),
        "{}",
        lines[0]
    );
    assert!(!lines[0].contains("cafe") && !lines[0].contains("canary"), "{}", lines[0]);
}

#[tokio::test]
async fn an_internal_cause_is_logged_once_with_the_request_id() {
    let log = Log::capture();
    let world = world_with(HttpSettings { access_log: true, ..TestServer::settings() }).await;
    let reply =
        world.server.post("/api/v1/notes/flood").header("x-request-id", "0190b7a2-1111-7000-8000-000000000002").send().await;
    let lines = log.lines("problem", &reply).await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("canary-cause") && lines[0].contains("notes.flooded"), "{}", lines[0]);
}
