//! Whole bodies, as clients read them.

use core_testing::Engine;
use core_testing::http::{Request, shape};
use insta::assert_json_snapshot;
use serde_json::json;

use crate::served::{Served, served};
use crate::world::PASSWORD;

/// What differs from run to run.
const HIDDEN: &[&str] = &["access_token", "refresh_token", "secret", "prefix", "hash"];

impl Served {
    async fn joined(&self) -> String {
        let wanted = json!({"email": "ada@example.com", "password": PASSWORD, "display_name": "Ada"});
        let made = self.post("/auth/register", &wanted).await;
        assert_json_snapshot!("registration", shape(&made, HIDDEN));
        made.json()["tokens"]["access_token"].as_str().unwrap().to_owned()
    }

    fn read(&self, path: &str, token: &str) -> Request {
        self.server.get(&format!("/api/v1{path}")).bearer(token)
    }
}

#[tokio::test]
async fn who_somebody_is_and_from_where_has_these_bodies() {
    let served = served(&Engine::Sqlite).await;
    let token = served.joined().await;
    assert_json_snapshot!("login", shape(&served.login("ada@example.com", "tokens").await, HIDDEN));
    for (name, path) in [
        ("me", "/auth/me"),
        ("sessions", "/auth/sessions"),
        ("identities", "/auth/identities"),
        ("passkeys", "/auth/passkeys"),
        ("audit_log", "/auth/audit-log"),
    ] {
        assert_json_snapshot!(name, shape(&served.read(path, &token).send().await, HIDDEN));
    }
}

#[tokio::test]
async fn api_keys_have_these_bodies() {
    let served = served(&Engine::Sqlite).await;
    let token = served.joined().await;
    let wanted = json!({"name": "ci", "scopes": ["llm:chat"]});
    let made = served.post_as(&token, "/auth/api-keys", &wanted).await;
    assert_json_snapshot!("api_key", shape(&made, HIDDEN));
    assert_json_snapshot!("api_keys", shape(&served.read("/auth/api-keys", &token).send().await, HIDDEN));
}

#[tokio::test]
async fn refusals_have_these_bodies() {
    let served = served(&Engine::Sqlite).await;
    let token = served.joined().await;
    let taken = json!({"email": "not an address", "password": "short"});
    assert_json_snapshot!("broken_rules", shape(&served.post("/auth/register", &taken).await, HIDDEN));
    let wrong = json!({"email": "ada@example.com", "password": "another sentence of mine"});
    assert_json_snapshot!("wrong_password", shape(&served.post("/auth/login", &wrong).await, HIDDEN));
    assert_json_snapshot!(
        "stale_refresh_token",
        shape(&served.post("/auth/refresh", &json!({"refresh_token": "x"})).await, HIDDEN)
    );
    assert_json_snapshot!("nobody", shape(&served.server.get("/api/v1/auth/me").send().await, HIDDEN));
    let odd = json!({"name": "", "scopes": ["no:such"]});
    assert_json_snapshot!("odd_api_key", shape(&served.post_as(&token, "/auth/api-keys", &odd).await, HIDDEN));
}
