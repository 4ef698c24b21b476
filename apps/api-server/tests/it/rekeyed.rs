//! The master key is changed under a database that people use.

use core_testing::{TestDb, engines};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{MASTER_KEY, Server, access, code_in, command, mail_to};

const NEW_KEY: &str = "8f3a1c5e7092b4d6f8a0c2e4061830527496b8dafc1e3f50729486a8cae0d2f4";
const PUBLIC_URL: (&str, &str) = ("APP__SERVER__PUBLIC_URL", "http://localhost:8080");

/// A folder and a database, and the program with one or two master keys.
struct Place {
    folder: TempDir,
    database: TestDb,
}

impl Place {
    fn environment<'a>(&'a self, keys: &[&'a str]) -> Vec<(&'a str, &'a str)> {
        let names = ["APP__SECURITY__MASTER_KEY", "APP__SECURITY__PREVIOUS_MASTER_KEY"];
        let keys = names.into_iter().zip(keys.iter().copied());
        [("DATABASE_URL", self.database.url.as_str()), PUBLIC_URL].into_iter().chain(keys).collect()
    }

    fn serve(&self, keys: &[&str]) -> Server {
        Server::start_with(self.folder.path(), &self.environment(keys))
    }

    /// Whether a command goes through, and what it said.
    fn run(&self, keys: &[&str], words: &[&str]) -> (bool, String) {
        let output = command(self.folder.path()).envs(self.environment(keys)).args(words).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    }
}

/// Something of everything that a key is needed for.
struct Before {
    tokens: Value,
    key: String,
    code: String,
    made: Value,
}

async fn make_organisation(server: &Server, token: &str) -> (bool, Value) {
    let request = server.request("POST", "/api/v1/orgs").bearer(token).header("idempotency-key", "once");
    let reply = request.json(&json!({"name": "Once", "slug": "once"})).send().await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    (reply.header("idempotency-replayed").is_some(), reply.json())
}

async fn live(server: &Server) -> Before {
    let tokens = server.register("ada@example.com").await;
    let token = access(&tokens);
    let key = json!({"name": "a key", "scopes": ["llm:read"]});
    let key = server.request("POST", "/api/v1/auth/api-keys").bearer(&token).json(&key).send().await.json();
    let code = code_in(&mail_to(&server.folder, "ada@example.com", "Confirm your address").await);
    let (_, made) = make_organisation(server, &token).await;
    Before { tokens, key: key["secret"].as_str().unwrap().to_owned(), code, made }
}

/// All of it is as good as before.
async fn go_on(server: &Server, before: &Before) {
    let refresh = json!({"refresh_token": before.tokens["refresh_token"]});
    let refreshed = server.post("/api/v1/auth/refresh", refresh).await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.text());
    let token = access(&refreshed.json());
    assert_eq!(server.get("/api/v1/users/me", &access(&before.tokens)).await.status, 200, "a token of before");
    assert_eq!(server.get("/api/v1/llm/conversations", &before.key).await.status, 200, "an API key");
    let (replayed, made) = make_organisation(server, &token).await;
    assert!(replayed && made == before.made, "what is asked for again is not done twice: {made}");
    let log = server.get("/api/v1/auth/audit-log", &token).await.text();
    assert!(log.contains("auth.register"), "what happened before is still about this person: {log}");
    let verified = server.post("/api/v1/auth/verify-email", json!({"token": before.code})).await;
    assert_eq!(verified.status, 204, "the link in a mail of before: {}", verified.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_master_key_changes_nothing_for_anybody_and_the_old_one_opens_nothing() {
    for engine in engines() {
        let place = Place { folder: tempfile::tempdir().unwrap(), database: TestDb::bare(&engine).await.unwrap() };
        let server = place.serve(&[MASTER_KEY]);
        let before = live(&server).await;
        assert_eq!(server.stop(), Some(0));

        let (fine, said) = place.run(&[NEW_KEY], &["admin", "verify-audit-log"]);
        assert!(!fine && said.contains("the master key is not the one"), "{said}");
        let (_, said) = place.run(&[NEW_KEY], &["doctor"]);
        assert!(said.lines().any(|line| line.starts_with("FAIL  master key")), "{said}");
        assert_eq!(place.serve(&[NEW_KEY, MASTER_KEY]).stop(), Some(0), "one start with both seals the root keys anew");

        let (fine, said) = place.run(&[MASTER_KEY], &["doctor"]);
        assert!(!fine && said.lines().any(|line| line.starts_with("FAIL  master key")), "{said}");
        let server = place.serve(&[NEW_KEY]);
        go_on(&server, &before).await;
        assert_eq!(server.stop(), Some(0));
        let (fine, said) = place.run(&[NEW_KEY], &["admin", "verify-audit-log"]);
        assert!(fine, "{said}");
    }
}
