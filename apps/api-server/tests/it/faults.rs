//! What the program does while something around it is broken.

use std::time::Duration;

use core_db::DbError;
use core_testing::s3::{BUCKET, KEY_ID, S3Server, SECRET};
use core_testing::{TestDb, engines, redis_url};
use sea_orm::ConnectionTrait as _;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::media::send;
use crate::program::{MASTER_KEY, PASSWORD, Server, access, code_in, mail_to, text};

/// Longer than the server may take.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_nobody_reads_stops_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_unread(folder.path(), &[("APP__LOG__FILTER", "trace")]);
    // Many times what a pipe holds.
    for _ in 0..300 {
        assert_eq!(server.request("GET", "/readyz").send().await.status, 200);
    }
    assert_eq!(server.stop(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_never_send_are_closed_and_meanwhile_others_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_with(folder.path(), &[("APP__SERVER__LIMITS__HEAD_SECONDS", "1")]);
    let mut silent = Vec::new();
    for number in 0..400 {
        let mut connection = TcpStream::connect(server.address).await.unwrap();
        if number % 2 == 0 {
            connection.write_all(b"GET /livez HTTP/1.1\r\nhost: local").await.unwrap();
        }
        silent.push(connection);
    }
    assert_eq!(server.request("GET", "/livez").send().await.status, 200);
    let ends = silent.into_iter().map(|mut connection| async move {
        let mut said = Vec::new();
        // Closed or reset: either way it is over.
        tokio::time::timeout(PATIENCE, connection.read_to_end(&mut said)).await.map(drop)
    });
    let ends = futures_util::future::join_all(ends).await;
    assert!(ends.iter().all(Result::is_ok), "{} are still open", ends.iter().filter(|end| end.is_err()).count());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_lost_its_data_logs_nobody_out_and_revives_no_code() {
    let Some(redis) = redis_url() else { return };
    // A database of Redis that no other test uses, so that it can be emptied.
    let (host, _) = redis.trim_start_matches("redis://").split_once('/').unwrap_or((redis.trim_start_matches("redis://"), ""));
    let redis = format!("redis://{host}/9");
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_with(folder.path(), &[("REDIS_URL", redis.as_str())]);
    let token = access(&server.register("ada@example.com").await);
    let other = server.post("/api/v1/auth/login", json!({"email": "ada@example.com", "password": PASSWORD})).await.json();
    let ended = access(&other);
    assert_eq!(server.request("POST", "/api/v1/auth/logout").bearer(&ended).send().await.status, 204);
    let code = code_in(&mail_to(folder.path(), "ada@example.com", "Confirm your address").await);
    assert_eq!(server.post("/api/v1/auth/verify-email", json!({"token": code})).await.status, 204);

    let mut connection = TcpStream::connect(host).await.unwrap();
    connection.write_all(b"SELECT 9\r\nFLUSHDB\r\n").await.unwrap();
    let mut answer = [0; 10];
    connection.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"+OK\r\n+OK\r\n");

    assert_eq!(server.get("/api/v1/auth/me", &token).await.status, 200, "nobody is logged out");
    assert_eq!(server.get("/api/v1/auth/me", &ended).await.status, 401, "what has ended stays so");
    assert_ne!(server.post("/api/v1/auth/verify-email", json!({"token": code})).await.status, 204, "a code is good once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_object_store_is_away_uploads_are_refused_and_the_rest_goes_on() {
    // On threads of its own, so that it can be taken away.
    let (runtime, s3) = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let s3 = runtime.block_on(S3Server::start()).unwrap();
        (runtime, s3)
    })
    .join()
    .unwrap();
    let (store, endpoint) = (format!("s3://{BUCKET}/blobs"), s3.endpoint());
    let environment = [
        ("APP__MEDIA__STORE_URL", store.as_str()),
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_ACCESS_KEY_ID", KEY_ID),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
    ];
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_with(folder.path(), &environment);
    let token = access(&server.register("ada@example.com").await);
    let made = send(&server, "POST", "/api/v1/media", &token, "file").await;
    assert_eq!(made.status, 201, "{}", made.text());
    let content = format!("{}/content", made.header("location").unwrap());

    runtime.shutdown_background();
    let refused = send(&server, "POST", "/api/v1/media", &token, "file").await;
    assert_eq!((refused.status, refused.code().as_str()), (503, "media.store_unavailable"), "{}", refused.text());
    assert!(refused.header("retry-after").is_some());
    let listed = server.get("/api/v1/media", &token).await.json();
    let ready = listed["items"].as_array().unwrap().iter().filter(|item| item["status"] == "ready").count();
    assert_eq!(ready, 1, "what is not there is not said to be: {listed}");
    assert_eq!(server.get(&content, &token).await.status, 503);
    assert_eq!(server.get("/api/v1/users/me", &token).await.status, 200, "what needs no store goes on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_program_on_a_newer_database_says_what_it_does_not_know() {
    for engine in engines() {
        let (folder, database) = (tempfile::tempdir().unwrap(), TestDb::bare(&engine).await.unwrap());
        let environment = [("DATABASE_URL", database.url.as_str()), ("APP__SECURITY__MASTER_KEY", MASTER_KEY)];
        assert_eq!(Server::start_with(folder.path(), &environment).stop(), Some(0));
        let newer = "INSERT INTO migrations_auth (name, applied_at) VALUES ('auth_9999_of_tomorrow', 0)";
        let written = database.db.write(|tx| async move { Ok::<_, DbError>(tx.execute_unprepared(newer).await.map(drop)?) });
        written.await.unwrap();
        let server = Server::start_with(folder.path(), &environment);
        server.register("ada@example.com").await;
        assert_eq!(server.stop(), Some(0));
        let said = |command: &[&str]| {
            let mut asked = crate::program::command(folder.path());
            text(&asked.envs(environment).args(command).output().unwrap())
        };
        let status = said(&["migrate", "status"]);
        assert!(status.lines().any(|line| line.contains("auth_9999_of_tomorrow") && line.contains("unknown")), "{status}");
        let doctor = said(&["doctor"]);
        assert!(doctor.contains("migrated by a newer version"), "{doctor}");
    }
}
