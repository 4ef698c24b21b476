use std::path::Path;

use serde_json::json;

use crate::program::{Server, access, mail_to};

const PASSWORD: &str = "canary-4711 is what I type";
const PROVIDER_KEY: &str = "canary-0815-provider-key";

/// Planted secrets: a password, a provider's key, tokens. After a journey they are in no log, answer, database, mail or file.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_planted_secret_is_found_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let environment = [
        ("OPENAI_API_KEY", PROVIDER_KEY),
        ("OPENAI_BASE_URL", "http://127.0.0.1:1/v1"),
        ("RUST_LOG", "debug,hyper=info"),
        ("APP__AUTH__REFRESH_GRACE_SECONDS", "0"),
    ];
    let server = Server::start_with(folder.path(), &environment);
    let register = json!({"email": "ada@example.com", "password": PASSWORD});
    let key = |request: core_testing::http::Request, value: &str| request.header("idempotency-key", value);
    let registered = key(server.request("POST", "/api/v1/auth/register"), "one").json(&register).send().await;
    assert_eq!(registered.status, 201);
    let again = key(server.request("POST", "/api/v1/auth/register"), "one").json(&register).send().await;
    assert_eq!((again.status, again.code().as_str()), (409, "request.secret_not_replayable"));
    let tokens = registered.json()["tokens"].clone();
    let token = access(&tokens);
    mail_to(folder.path(), "ada@example.com", "Confirm your address").await;
    let mut answers = Vec::new();
    let login = json!({"email": "ada@example.com", "password": PASSWORD, "extra": PASSWORD});
    answers.push(server.post("/api/v1/auth/login", login).await);
    answers.push(server.post("/api/v1/auth/login", json!({"email": "eve@example.com", "password": PASSWORD})).await);
    answers
        .push(server.request("GET", &format!("/api/v1/users/me?token={PASSWORD}").replace(' ', "+")).bearer(&token).send().await);
    answers.push(server.get("/api/v1/llm/providers", &token).await);
    let prompt = server.request("POST", "/api/v1/llm/prompt").bearer(&token).json(&json!({"prompt": "hello"}));
    answers.push(key(prompt, "two").send().await);
    for answer in &answers {
        assert!(!answer.text().contains("canary"), "{}", answer.text());
    }
    let log = server.log();
    let refresh = tokens["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(server.stop(), Some(0));
    assert!(!log.is_empty());
    let mut looked_at = 0;
    for secret in ["canary-4711", "canary-0815", &token, &refresh] {
        looked_at += search(folder.path(), secret.as_bytes());
    }
    assert!(looked_at > 4, "files were searched");
}

/// Fails when a file below `folder` holds `secret`; returns how many were searched.
fn search(folder: &Path, secret: &[u8]) -> usize {
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            count += search(&path, secret);
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let found = bytes.windows(secret.len()).any(|window| window == secret);
        assert!(!found, "{} holds {}", path.display(), String::from_utf8_lossy(secret));
        count += 1;
    }
    count
}
