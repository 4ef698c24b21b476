//! What the code assistant is for: a link is pasted, its code explained, an issue and a pull request opened from it; the provider tells of
//! it by a signed hook, which shows on the feed of events and at an endpoint of one's own.

use std::sync::{Arc, Mutex};

use core_kernel::SystemClock;
use mock_vendors::{MockVendors, github_signature};
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::program::{Server, access, eventually};

const SOURCE: &str = "/// Twice as many bricks.\npub fn double(bricks: u32) -> u32 {\n    bricks * 2\n}\n";

/// Requests as they came: head and body.
type Received = Arc<Mutex<Vec<(String, String)>>>;

/// A receiver of webhooks that takes everything. Its address, and what came.
async fn receiver() -> (String, Received) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let received: Received = Arc::default();
    let kept = Arc::clone(&received);
    #[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut bytes = Vec::new();
            let whole = loop {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                if let Some((head, body)) = text.split_once("\r\n\r\n")
                    && head.lines().any(|line| line.to_ascii_lowercase() == format!("content-length: {}", body.len()))
                {
                    break Some((head.to_owned(), body.to_owned()));
                }
                if !matches!(connection.read_buf(&mut bytes).await, Ok(read) if read > 0) {
                    break None;
                }
            };
            kept.lock().unwrap().extend(whole);
            let _answered = connection.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await;
        }
    });
    (url, received)
}

fn header<'a>(head: &'a str, name: &str) -> &'a str {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.into_iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value).unwrap_or_default()
}

struct Ada<'s> {
    server: &'s Server,
    token: String,
}

impl Ada<'_> {
    /// Sends a body; the answer must be one of success.
    async fn post(&self, target: &str, body: Value) -> Value {
        let reply = self.server.request("POST", &format!("/api/v1{target}")).bearer(&self.token).json(&body).send().await;
        assert!((200..300).contains(&reply.status), "{target}: {} {}", reply.status, reply.text());
        reply.json()
    }

    async fn connect(&self) {
        let github =
            json!({"provider": "github", "credentials": {"token": "ghp_test"}, "settings": {"repository": "ada/engine"}});
        self.post("/integrations/connections", github).await;
        let credentials = json!({"site": "acme", "email": "ada@example.com", "token": "jira_classic"});
        let jira = json!({"provider": "jira", "credentials": credentials, "settings": {"project": "BRICK"}});
        self.post("/integrations/connections", jira).await;
    }

    /// Resolves a link, has its code explained, and opens an issue and a pull request. Gives the file that was made.
    async fn work_on(&self, link: &str) -> Value {
        let resolved = self.post("/integrations/links/resolve", json!({"text": format!("What does {link} do?")})).await;
        let code = &resolved["links"][0]["resolved"]["code"];
        assert_eq!((code["path"].as_str(), code["lines"]["start"].as_u64()), (Some("src/bricks.rs"), Some(2)), "{resolved}");
        let question = json!({"code": code["text"], "path": code["path"]});
        let explanation = self.post("/code/explain", question).await["explanation"].as_str().unwrap().to_owned();
        assert!(explanation.contains("double"), "{explanation}");

        let description = format!("{explanation}\n\nSeen at {link}.");
        let issue =
            self.post("/integrations/jira/issues", json!({"summary": "Explain `double`", "description": description})).await;
        assert_eq!(issue["url"], "https://acme.atlassian.net/browse/BRICK-1");
        let file = json!({
            "path": "docs/double.md", "content": format!("# double\n\n{explanation}\n"), "branch": "explain-double", "pull_request": true,
        });
        let made = self.post("/integrations/github/files", file).await;
        assert!(made["pull_request_url"].as_str().unwrap().contains("/pull"), "{made}");
        made
    }
}

fn vendors_with_code(vendors: &MockVendors) {
    vendors.github.create_repository("ada/engine");
    vendors.github.repository("ada/engine", |repository| repository.put("main", "src/bricks.rs", SOURCE.as_bytes()));
    vendors.jira.create_project("BRICK", Vec::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pasted_link_becomes_an_explanation_an_issue_a_pull_request_and_a_hook_that_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    let vendors = MockVendors::start(Arc::new(SystemClock)).await.unwrap();
    vendors_with_code(&vendors);
    let environment = [
        ("APP__INTEGRATIONS__GITHUB__API_BASE_URL", vendors.github.base_url()),
        ("APP__INTEGRATIONS__JIRA__API_BASE_URL", vendors.jira.base_url()),
        ("APP__EGRESS__ALLOW_PRIVATE", "127.0.0.0/8"),
        ("APP__EGRESS__ALLOW_HTTP", "true"),
    ];
    let server = Server::start_with(folder.path(), &environment);
    let ada = Ada { server: &server, token: access(&server.register("ada@example.com").await) };
    ada.connect().await;
    let (url, received) = receiver().await;
    let endpoint = ada.post("/webhooks/endpoints", json!({"url": url, "event_types": ["integration.*"]})).await;
    let mut feed = server.request("GET", "/api/v1/events?types=integration.hook.received").bearer(&ada.token).open().await;
    assert!(feed.read_until("text/event-stream").await, "{}", feed.text());

    let made = ada.work_on("https://github.com/ada/engine/blob/main/src/bricks.rs#L2-L4").await;

    let hook = ada.post("/integrations/hooks", json!({"kind": "github", "name": "engine"})).await;
    let body = json!({"action": "opened", "number": 1, "pull_request": {"html_url": made["pull_request_url"]}}).to_string();
    let at = format!("/hooks/{}", hook["id"].as_str().unwrap());
    let deliver = |signature: String| {
        let request = server.request("POST", &at).header("x-github-event", "pull_request").header("x-github-delivery", "d-1");
        request.header("x-hub-signature-256", signature).body("application/json", body.clone()).send()
    };
    assert_eq!(deliver(github_signature("guessed", body.as_bytes())).await.status, 403);
    let signature = github_signature(hook["secret"].as_str().unwrap(), body.as_bytes());
    let taken = deliver(signature.clone()).await;
    assert_eq!(taken.status, 202, "{}", taken.text());
    assert_eq!(deliver(signature).await.json()["status"], "duplicate");

    assert!(feed.read_until("pull_request.opened").await, "{}", feed.text());
    let heard = |needle: &'static str| {
        let received = Arc::clone(&received);
        async move || received.lock().unwrap().iter().find(|(_, body)| body.contains(needle)).cloned()
    };
    let (head, text) = eventually("the hook at the endpoint", heard("pull_request.opened")).await;
    eventually("the issue at the endpoint", heard("BRICK-1")).await;
    let mut headers = core_egress::HeaderMap::new();
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        headers.insert(name, header(&head, name).parse().unwrap());
    }
    Webhook::new(endpoint["secret"].as_str().unwrap()).unwrap().verify(text.as_bytes(), &headers).unwrap();
    let event: Value = serde_json::from_str(&text).unwrap();
    let kept = format!(
        "/api/v1/integrations/hooks/{}/events/{}",
        hook["id"].as_str().unwrap(),
        event["data"]["hook_event_id"].as_str().unwrap()
    );
    assert_eq!(server.get(&kept, &ada.token).await.json()["payload"]["action"], "opened");
}
