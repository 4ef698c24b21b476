use core_testing::{Engine, TestDb, engines, redis_url};
use serde_json::json;

use crate::program::{MASTER_KEY, PASSWORD, Server, access, code_in, eventually, mail_to};

/// The same binary with other settings: two processes on one PostgreSQL and one Redis.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_on_one_postgresql_and_redis_behave_as_one() {
    let Some(redis) = redis_url() else { return };
    for engine in engines() {
        let Engine::Postgres(_) = &engine else { continue };
        let database = TestDb::fresh(&engine, Vec::new()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let environment = [
            ("DATABASE_URL", database.url.as_str()),
            ("REDIS_URL", redis.as_str()),
            ("APP__SECURITY__MASTER_KEY", MASTER_KEY),
            ("APP__SERVER__PUBLIC_URL", "http://brickwork.test"),
        ];
        let (one, two) = (Server::start_with(folder.path(), &environment), Server::start_with(folder.path(), &environment));

        let tokens = one.register("ada@example.com").await;
        let token = access(&tokens);
        assert_eq!(two.get("/api/v1/auth/me", &token).await.status, 200, "a token of one is good at the other");
        let mail = mail_to(folder.path(), "ada@example.com", "Confirm your address").await;
        let verify = json!({"token": code_in(&mail)});
        assert_eq!(two.post("/api/v1/auth/verify-email", verify).await.status, 204);

        let key = |server: &Server| {
            let body = json!({"title": "Only once"});
            server.request("POST", "/api/v1/llm/conversations").bearer(&token).header("idempotency-key", "same").json(&body)
        };
        let (made, again) = (key(&one).send().await, key(&two).send().await);
        assert_eq!(
            (made.status, again.status, again.header("idempotency-replayed")),
            (201, 201, Some("true")),
            "{}",
            again.text()
        );
        assert_eq!(made.json(), again.json());

        assert_eq!(one.request("POST", "/api/v1/auth/logout").bearer(&token).send().await.status, 204);
        eventually("the other process to refuse", async || {
            (two.get("/api/v1/auth/me", &token).await.status == 401).then_some(())
        })
        .await;

        one.kill();
        let login = json!({"email": "ada@example.com", "password": PASSWORD});
        assert_eq!(two.post("/api/v1/auth/login", login).await.status, 200, "what one knew, the other knows");
        let mails = std::fs::read_dir(folder.path().join("data/mail")).unwrap().count();
        assert_eq!(mails, 1, "the job of the mail ran once");
        assert_eq!(two.stop(), Some(0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_may_start_before_its_database() {
    let folder = tempfile::tempdir().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("postgres://nobody@127.0.0.1:{port}/none");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut command = crate::program::command(folder.path());
    let mut child = command
        .args(["--set", &format!("server.port={}", address.port()), "--set", "server.admin_port=0"])
        .env("DATABASE_URL", url)
        .env("APP__SECURITY__MASTER_KEY", MASTER_KEY)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let alive = eventually("the server to listen", async || {
        let reply = core_testing::http::Request::to(address, "GET", "/livez").send().await;
        (reply.status != 0).then_some(reply.status)
    });
    assert_eq!(alive.await, 200);
    let ready = core_testing::http::Request::to(address, "GET", "/readyz").send().await;
    assert_eq!((ready.status, ready.code().as_str()), (503, "server.starting"), "{}", ready.text());
    let login = json!({"email": "ada@example.com", "password": PASSWORD});
    let refused = core_testing::http::Request::to(address, "POST", "/api/v1/auth/login").json(&login).send().await;
    assert_eq!((refused.code().as_str(), refused.header("retry-after")), ("server.starting", Some("2")), "{}", refused.text());
    assert!(child.try_wait().unwrap().is_none(), "it stays up");
    child.kill().unwrap();
    child.wait().unwrap();
}
