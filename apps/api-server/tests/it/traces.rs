//! What belongs together over a request, the jobs that it causes and the servers that it asks has one trace.

use serde_json::{Value, json};

use crate::program::{PASSWORD, Server, eventually};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// The first line of the log that has this message.
async fn line(server: &Server, message: &str) -> Value {
    eventually(message, async || {
        let log = server.log();
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.into_iter().find(|line| line["message"] == message)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_and_the_job_that_it_causes_are_one_trace() {
    let folder = tempfile::tempdir().unwrap();
    // Nobody listens there, so the job that sends the mail fails and says so.
    let server = Server::start_with(folder.path(), &[("APP__LOG__JSON", "true"), ("APP__MAIL__URL", "smtp://127.0.0.1:1")]);
    let registration = server.request("POST", "/api/v1/auth/register").header("traceparent", PARENT);
    let reply = registration.json(&json!({"email": "ada@example.com", "password": PASSWORD})).send().await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    assert_eq!(line(&server, "request").await["trace_id"], TRACE);
    assert_eq!(line(&server, "a job failed").await["trace_id"], TRACE);
}
