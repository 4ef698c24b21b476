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

/// The trace that a line names.
fn trace_of(line: &str) -> String {
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    line["fields"]["trace_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_log_names_the_trace_of_the_caller_and_answers_stay_as_they_are() {
    let log = Log::capture();
    let world = world_with(HttpSettings { access_log: true, ..TestServer::settings() }).await;
    let id = "0190b7a2-1111-7000-8000-000000000003";
    let flood = world.server.post("/api/v1/notes/flood").header("x-request-id", id).header("idempotency-key", "once-and-no-more");
    let reply = flood.header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").send().await;
    for target in ["access", "problem"] {
        let lines = log.lines(target, &reply).await;
        assert_eq!(lines.iter().map(|line| trace_of(line)).collect::<Vec<_>>(), ["0af7651916cd43dd8448eb211c80319c"]);
    }
    assert_eq!(reply.header("x-request-id"), Some(id));
    assert_eq!((reply.header("traceparent"), reply.header("traceresponse")), (None, None));
    assert!(!reply.text().contains("0af7651916cd43dd8448eb211c80319c"), "{}", reply.text());
}

#[tokio::test]
async fn a_traceparent_that_is_none_or_twofold_begins_a_trace_and_is_no_error() {
    let log = Log::capture();
    let world = world_with(HttpSettings { access_log: true, ..TestServer::settings() }).await;
    let whole = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let wrong: [&[&str]; 5] =
        [&[], &["nonsense"], &["00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"], &[whole, whole], &[""]];
    for (number, sent) in wrong.into_iter().enumerate() {
        let id = format!("0190b7a2-1111-7000-8000-0000000001{number:02}");
        let hello = world.server.get("/hello").header("x-request-id", id);
        let reply = sent.iter().fold(hello, |hello, value| hello.header("traceparent", *value)).send().await;
        assert_eq!(reply.status, 200, "{sent:?}");
        let trace = trace_of(&log.lines("access", &reply).await[0]);
        assert_eq!(trace.len(), 32, "{sent:?}");
        assert_ne!(trace, "0af7651916cd43dd8448eb211c80319c", "{sent:?}");
    }
}
