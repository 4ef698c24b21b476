use std::sync::Arc;
use std::sync::atomic::Ordering;

use actix_web::web;
use core_http::{Form, FormRules, HttpSettings, Json, Operation, Problem};
use core_kernel::UserId;
use core_testing::http::{FixedActors, FormFile, TestServer};
use core_testing::{Engine, TestDb};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use uuid::Uuid;

use crate::demo::{Demo, Notes, READ, WRITE};
use crate::routing::assert_problem;
use crate::world::builder;

fn upload() -> Operation {
    Operation::post("/upload", read_form)
        .id("upload_note")
        .summary("Send a file")
        .requires(&READ)
        .multipart()
        .max_body_bytes(1024 * 1024)
        .answers::<Value>(200, "Its length")
}

async fn read_form(
    notes: web::Data<Notes>,
    request: actix_web::HttpRequest,
    payload: web::Payload,
) -> Result<Json<Value>, Problem> {
    notes.runs.fetch_add(1, Ordering::SeqCst);
    let rules = FormRules { texts: &[], files: &["file"], max_file_bytes: 1024 * 1024, max_files: 1 };
    let file = Form::read(&request, payload, rules).await?.take_file("file")?;
    Ok(Json(json!({ "bytes": file.bytes })))
}

/// A server with places for so many large bodies, the caller `alice` and the caller `bob`.
async fn server(large_bodies: usize) -> (TestServer, Arc<Notes>, TestDb) {
    let db = TestDb::fresh(&Engine::Sqlite, Vec::new()).await.unwrap();
    let (now, actors) = (db.db.ambient().now(), FixedActors::new());
    actors.add("alice", FixedActors::person(UserId(Uuid::from_u128(0xA11CE)), &[&READ, &WRITE], now));
    actors.add("bob", FixedActors::person(UserId(Uuid::from_u128(0xB0B)), &[&READ], now));
    let notes = Arc::new(Notes::default());
    let mut settings = HttpSettings { ..TestServer::settings() };
    (settings.limits.large_bodies, settings.limits.body_seconds) = (large_bodies, 1);
    let demo = Arc::new(Demo { notes: Arc::clone(&notes), extra: vec![upload] });
    let api = builder(&db, settings, actors).install(demo).build().unwrap();
    (TestServer::start(api).await.unwrap(), notes, db)
}

/// The head of the answer to a form, on a connection of its own.
async fn send_raw(server: &TestServer, rest: &str) -> String {
    let head = "POST /api/v1/notes/upload HTTP/1.1\r\nhost: here\r\nauthorization: Bearer bob\r\n\
                content-type: multipart/form-data; boundary=edge\r\n";
    let mut connection = TcpStream::connect(server.address).await.unwrap();
    connection.write_all([head, rest].concat().as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.windows(4).any(|window| window == b"\r\n\r\n") {
        assert!(connection.read_buf(&mut answer).await.unwrap() > 0);
    }
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_connection_ends_with_a_large_body_that_is_refused() {
    let (server, _notes, _db) = server(4).await;
    for (bytes, end, closes) in [(300 * 1024, "", false), (10, "nope", false), (300 * 1024, "nope", true)] {
        let mut body = format!("--edge\r\ncontent-disposition: form-data; name=\"file\"\r\n\r\n{}\r\n", "a".repeat(bytes));
        if !end.is_empty() {
            body.extend(["--edge\r\ncontent-disposition: form-data; name=\"", end, "\"\r\n\r\nx\r\n"]);
        }
        body.push_str("--edge--\r\n");
        let answer = send_raw(&server, &format!("content-length: {}\r\n\r\n{body}", body.len())).await;
        assert!(answer.starts_with(if end.is_empty() { "HTTP/1.1 200" } else { "HTTP/1.1 422" }), "{answer}");
        assert_eq!(answer.to_ascii_lowercase().contains("connection: close"), closes, "{bytes} {end} {answer}");
        // One whose length is not announced may become as large as any.
        let chunked = format!("transfer-encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
        let answer = send_raw(&server, &chunked).await;
        assert_eq!(answer.to_ascii_lowercase().contains("connection: close"), !end.is_empty(), "{bytes} {end} {answer}");
    }
}

#[tokio::test]
async fn a_large_body_beyond_those_that_are_read_at_once_is_refused_and_small_ones_are_not() {
    let (server, notes, _db) = server(1).await;
    // What has come buys it the time to wait for the rest.
    let begun = [b"--edge\r\ncontent-disposition: form-data; name=\"file\"\r\n\r\n".to_vec(), vec![b'a'; 640 * 1024]].concat();
    let rest = b"\r\n--edge--\r\n";
    let slow = server
        .post("/api/v1/notes/upload")
        .bearer("alice")
        .header("content-length", (begun.len() + rest.len()).to_string())
        .body("multipart/form-data; boundary=edge", begun);
    let mut slow = slow.open().await;
    while notes.runs.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    let large = vec![b'b'; 300 * 1024];
    let send = |bytes| server.post("/api/v1/notes/upload").bearer("bob").form(&[], &[FormFile::jpeg("file", bytes)]).send();
    assert_eq!(send(b"abc").await.json(), json!({ "bytes": 3 }));
    let refused = send(&large).await;
    assert_problem(&refused, 503, "server.unavailable");
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert!(slow.write(rest).await);
    assert_eq!(slow.reply().await.json(), json!({ "bytes": 640 * 1024 }));
    assert_eq!(send(&large).await.json(), json!({ "bytes": 300 * 1024 }));
}
