use std::sync::Arc;

use core_kernel::SystemClock;
use core_testing::http::{Reply, Request};
use mock_vendors::{Fault, MockVendors};
use serde_json::{Value, json};

use crate::program::{Server, access};

const BACK: &str = "https://app.example/connected";

async fn vendors() -> MockVendors {
    let vendors = MockVendors::start(Arc::new(SystemClock)).await.unwrap();
    vendors.github.create_repository("ada/engine");
    vendors.jira.create_project("BRICK", Vec::new());
    vendors
}

fn server(folder: &std::path::Path, vendors: &MockVendors) -> Server {
    let environment = [
        ("RUST_LOG", "debug,hyper=info"),
        ("APP__INTEGRATIONS__GITHUB__API_BASE_URL", vendors.github.base_url()),
        ("APP__INTEGRATIONS__GITHUB__WEB_BASE_URL", vendors.github.base_url()),
        ("APP__INTEGRATIONS__GITHUB__CLIENT_ID", "github-app"),
        ("APP__INTEGRATIONS__GITHUB__CLIENT_SECRET", "github-app-secret"),
        ("APP__INTEGRATIONS__NOTION__API_BASE_URL", vendors.notion.base_url()),
        ("APP__INTEGRATIONS__JIRA__API_BASE_URL", vendors.jira.base_url()),
        ("APP__INTEGRATIONS__REDIRECT_URIS", BACK),
        ("APP__INTEGRATIONS__TIMEOUT_MS", "2000"),
    ];
    Server::start_with(folder, &environment)
}

struct Ada<'s> {
    server: &'s Server,
    token: String,
}

impl Ada<'_> {
    async fn post(&self, target: &str, body: &Value, key: Option<&str>) -> Reply {
        let request = self.server.request("POST", &format!("/api/v1/integrations{target}")).bearer(&self.token).json(body);
        match key {
            Some(key) => request.header("idempotency-key", key).send().await,
            None => request.send().await,
        }
    }

    async fn get(&self, target: &str) -> Value {
        let reply = self.server.get(&format!("/api/v1/integrations{target}"), &self.token).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_team_connects_its_tools_and_makes_things_in_them_once() {
    let (vendors, folder) = (vendors().await, tempfile::tempdir().unwrap());
    let server = server(folder.path(), &vendors);
    let token = access(&server.register("ada@example.com").await);
    let ada = Ada { server: &server, token };
    let home = vendors.notion.share_page("Home");
    let jira = json!({"site": "acme", "email": "ada@example.com", "token": "jira_scoped"});
    for (provider, credentials, settings) in [
        ("github", json!({"token": "ghp_test"}), json!({"repository": "ada/engine"})),
        ("notion", json!({"token": "ntn_test"}), json!({"parent": home})),
        ("jira", jira, json!({"project": "BRICK"})),
    ] {
        let body = json!({"provider": provider, "credentials": credentials, "settings": settings});
        let made = ada.post("/connections", &body, Some(provider)).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let text = made.text();
        assert!(["ghp_test", "ntn_test", "jira_scoped"].iter().all(|token| !text.contains(token)), "{text}");
    }
    let refused = json!({"provider": "github", "credentials": {"token": "ghp_wrong"}});
    assert_eq!(ada.post("/connections", &refused, None).await.code(), "integrations.credentials_refused");

    let file = json!({"path": "README.md", "content": "# Bricks"});
    let dry = ada.post("/github/files?dry_run=true", &file, None).await;
    assert_eq!((dry.status, dry.json()["requests"][0]["method"].as_str()), (200, Some("PUT")), "{}", dry.text());
    assert_eq!((dry.json()["sendable"].as_bool(), vendors.github.count("PUT", "")), (Some(true), 0));
    let made = ada.post("/github/files", &file, Some("file")).await;
    assert_eq!((made.status, made.json()["created"].as_bool()), (201, Some(true)), "{}", made.text());
    let operation = made.header("location").unwrap().trim_start_matches("/api/v1/integrations").to_owned();
    assert_eq!(ada.get(&operation).await["state"], "confirmed");
    let page = ada.post("/notion/pages", &json!({"markdown": "# Plan\n\nLay **bricks**."}), Some("page")).await;
    assert_eq!((page.status, page.json()["url"].is_string()), (201, true), "{}", page.text());

    // The answer to the create is lost; the same key finds what was made.
    vendors.jira.set_index_lag(500);
    vendors.jira.fail("POST", "/rest/api/3/issue", Fault::CutAfter);
    let issue = json!({"summary": "The wall leans", "description": "To the *left*."});
    let lost = ada.post("/jira/issues", &issue, Some("issue")).await;
    assert_eq!((lost.status, lost.code().as_str()), (503, "integrations.outcome_unknown"));
    assert!(lost.header("retry-after").is_some() && lost.json()["operation_id"].is_string());
    let found = crate::program::eventually("the issue", async || {
        let again = ada.post("/jira/issues", &issue, Some("issue")).await;
        (again.status == 201).then(|| again.json())
    })
    .await;
    assert_eq!((found["key"].as_str(), vendors.jira.issues().len()), (Some("BRICK-1"), 1));
    assert_eq!(found["url"], "https://acme.atlassian.net/browse/BRICK-1");
    assert_eq!(ada.get("/operations?state=confirmed").await["items"].as_array().unwrap().len(), 3);

    let log = server.log();
    for secret in ["ghp_test", "ghp_wrong", "ntn_test", "jira_scoped"] {
        assert!(!log.contains(secret), "the log has {secret}");
        if server.twin.is_none() {
            let database = std::fs::read(folder.path().join("data/brickwork.sqlite")).unwrap();
            assert!(!String::from_utf8_lossy(&database).contains(secret), "the database has {secret}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_is_connected_by_oauth() {
    let (vendors, folder) = (vendors().await, tempfile::tempdir().unwrap());
    let server = server(folder.path(), &vendors);
    let token = access(&server.register("ada@example.com").await);
    let ada = Ada { server: &server, token };
    let begun = ada.post("/connections/github/authorize", &json!({"redirect_uri": BACK}), None).await;
    assert_eq!(begun.status, 200, "{}", begun.text());
    let page = begun.json()["authorize_url"].as_str().unwrap().to_owned();
    let (host, target) = page.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let agreed = Request::to(host.parse().unwrap(), "GET", &format!("/{target}")).send().await;
    let back = agreed.header("location").unwrap().to_owned();
    let (_, path) = back.split_once("/api/").unwrap();
    let callback = || server.request("GET", &format!("/api/{path}"));
    let ended = callback().send().await;
    assert_eq!((ended.status, ended.header("cache-control")), (303, Some("no-store")), "{}", ended.text());
    let location = ended.header("location").unwrap().to_owned();
    let code = location.strip_prefix(&format!("{BACK}?connection_code=")).unwrap_or_else(|| panic!("{location}"));
    assert_eq!(callback().send().await.code(), "integrations.invalid_state");
    let made = ada.post("/connections/github/complete", &json!({"code": code}), None).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let connection = ada.get(&format!("/connections/{id}")).await;
    assert_eq!((connection["auth"].as_str(), connection["account"]["login"].as_str()), (Some("oauth"), Some("ada")));
    let repositories = ada.get(&format!("/connections/{id}/resources?kind=repository&query=eng")).await;
    assert_eq!(repositories["items"][0]["id"], "ada/engine");
    let elsewhere = ada.post("/connections/github/authorize", &json!({"redirect_uri": "https://evil.example/"}), None).await;
    assert_eq!((elsewhere.status, elsewhere.json()["errors"][0]["pointer"].as_str()), (422, Some("/redirect_uri")));
    let not_set_up = ada.post("/connections/notion/authorize", &json!({"redirect_uri": BACK}), None).await;
    assert_eq!(not_set_up.code(), "integrations.oauth_not_configured");
    let log = server.log();
    assert!(!log.contains("gho-oauth-access") && !log.contains("github-app-secret") && !log.contains("gho-oauth-code"), "{log}");
}
