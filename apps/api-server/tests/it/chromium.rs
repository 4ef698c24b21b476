use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use core_testing::http::Request;
use serde_json::{Value, json};

use crate::program::eventually;

/// The key under which WebDriver names an element (W3C WebDriver, section 12).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A headless Chromium, driven over WebDriver. It ends when this goes away.
pub(crate) struct Chromium {
    driver: Child,
    address: SocketAddr,
    session: String,
}

impl Chromium {
    /// None where there is no `chromedriver`; with `TEST_REQUIRE_SERVICES=1` that is a failure.
    pub(crate) async fn start() -> Option<Self> {
        let started = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let Ok(mut driver) = started else {
            #[expect(clippy::disallowed_methods, reason = "whether a test may be skipped is no setting of the server")]
            let required = std::env::var("TEST_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
            assert!(!required, "there is no chromedriver, and TEST_REQUIRE_SERVICES=1 forbids to skip the pages");
            skipped();
            return None;
        };
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines.find_map(|line| {
            let (_, port) = line.ok()?.rsplit_once("successfully on port ").map(|(a, b)| (a.to_owned(), b.to_owned()))?;
            port.trim_end_matches('.').parse::<u16>().ok()
        });
        let address = SocketAddr::from(([127, 0, 0, 1], port.expect("chromedriver says where it listens")));
        let mut chromium = Self { driver, address, session: String::new() };
        // Containers that run as root have no user namespaces for its sandbox.
        let options = json!({"args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]});
        let wanted = json!({"capabilities": {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}}});
        let made = chromium.call("POST", "/session", &wanted).await;
        made["sessionId"].as_str().unwrap_or_else(|| panic!("{made}")).clone_into(&mut chromium.session);
        Some(chromium)
    }

    async fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let reply = Request::to(self.address, method, path).json(body).send().await;
        assert_eq!(reply.status, 200, "{method} {path}: {}", reply.text());
        reply.json()["value"].clone()
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        self.call("POST", &format!("/session/{}{path}", self.session), &body).await
    }

    pub(crate) async fn open(&self, url: &str) {
        self.post("/url", json!({"url": url})).await;
    }

    async fn find(&self, css: &str) -> String {
        let found = self.post("/element", json!({"using": "css selector", "value": css})).await;
        found[ELEMENT].as_str().unwrap_or_else(|| panic!("no {css}: {found}")).to_owned()
    }

    pub(crate) async fn write(&self, css: &str, text: &str) {
        let element = self.find(css).await;
        self.post(&format!("/element/{element}/value"), json!({"text": text})).await;
    }

    pub(crate) async fn click(&self, css: &str) {
        let element = self.find(css).await;
        self.post(&format!("/element/{element}/click"), json!({})).await;
    }

    /// What a script in the page returns, or what the promise that it returns comes to.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", json!({"script": script, "args": []})).await
    }

    /// What the page says, once it says something.
    pub(crate) async fn said(&self) -> String {
        eventually("the page to say something", async || {
            let text = self.run("return document.querySelector('#said').textContent").await;
            text.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
        })
        .await
    }

    /// Plugs in an authenticator that knows its user (W3C WebAuthn, section 12).
    pub(crate) async fn plug_in_authenticator(&self) {
        let authenticator = json!({
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true,
            "isUserVerified": true,
        });
        self.post("/webauthn/authenticator", authenticator).await;
    }
}

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn skipped() {
    eprintln!("skipped: there is no chromedriver");
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // The browser is the driver's child and ends with its session; the driver must live until then.
        let end = format!(
            "DELETE /session/{} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
            self.session, self.address
        );
        if let Ok(mut connection) = std::net::TcpStream::connect(self.address) {
            use std::io::{Read, Write};
            drop(connection.write_all(end.as_bytes()));
            drop(connection.read(&mut [0; 16]));
        }
        drop(self.driver.kill());
        drop(self.driver.wait());
    }
}
