use std::net::SocketAddr;
use std::sync::Arc;

use core_testing::http::{Reply, Request};
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use crate::program::{PASSWORD, Server, access, code_in, mail_to};

/// Where to say what was acknowledged.
pub(super) type Teller = Arc<UnboundedSender<Told>>;

/// What a client was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// That something is done.
    Done,
    /// That an address for which everybody registers is an account now.
    First,
}

/// Somebody, and everything that the server told them.
pub(super) struct Client {
    number: usize,
    email: String,
    pub(super) access: String,
    refresh: String,
    profile: u64,
    /// An access token of each session that was ended in the last round.
    over: Vec<String>,
    orgs: Vec<String>,
    /// Addresses that were registered in the last round.
    accounts: Vec<String>,
    /// The names of organisations with the addresses that were invited to them.
    pub(super) invited: Vec<(String, String)>,
    /// How many registrations were acknowledged.
    pub(super) registered: i64,
    /// How many ends of sessions were acknowledged.
    pub(super) ended: i64,
    steps: usize,
}

impl Client {
    /// Registers and confirms the address.
    pub(super) async fn join(server: &Server, number: usize) -> Self {
        let email = format!("client{number}@example.com");
        let tokens = server.register(&email).await;
        let mail = mail_to(&server.folder, &email, "Confirm your address").await;
        assert_eq!(server.post("/api/v1/auth/verify-email", json!({"token": code_in(&mail)})).await.status, 204);
        Self {
            number,
            email,
            access: access(&tokens),
            refresh: tokens["refresh_token"].as_str().unwrap().to_owned(),
            profile: 0,
            over: Vec::new(),
            orgs: Vec::new(),
            accounts: Vec::new(),
            invited: Vec::new(),
            registered: 1,
            ended: 0,
            steps: number,
        }
    }

    /// Goes on until the server is gone.
    pub(super) async fn live(mut self, address: SocketAddr, round: usize, told: Teller) -> Self {
        let server = Asked(address);
        let everybody = format!("Everybody{round}@example.com");
        if let Some(first) = self.register(&server, &everybody).await {
            told.send(if first { Told::First } else { Told::Done }).ok();
        }
        loop {
            self.steps += 1;
            let alive = match self.steps % 6 {
                0 => self.change_profile(&server).await,
                1 => self.renew(&server).await,
                2 => {
                    let email = format!("c{}-{round}-{}@example.com", self.number, self.steps);
                    self.register(&server, &email).await.map(|first| {
                        if first {
                            self.accounts.push(email);
                        }
                    })
                }
                3 => self.end_another_session(&server).await,
                4 => self.found(&server, round).await,
                _ => self.spend(&server).await,
            };
            if alive.is_none() {
                return self;
            }
            told.send(Told::Done).ok();
        }
    }

    async fn change_profile(&mut self, server: &Asked) -> Option<()> {
        let change = json!({"metadata": {"n": self.profile + 1}});
        let reply = server.answer("PATCH", "/users/me", Some(&self.access), &change).await?;
        assert_eq!(reply.status, 200, "{}", reply.text());
        self.profile += 1;
        Some(())
    }

    async fn renew(&mut self, server: &Asked) -> Option<()> {
        let reply = server.answer("POST", "/auth/refresh", None, &json!({"refresh_token": self.refresh})).await?;
        assert_eq!(reply.status, 200, "{}", reply.text());
        self.take(&reply.json());
        Some(())
    }

    fn take(&mut self, tokens: &Value) {
        self.access = access(tokens);
        tokens["refresh_token"].as_str().unwrap().clone_into(&mut self.refresh);
    }

    /// Whether this made the account.
    async fn register(&mut self, server: &Asked, email: &str) -> Option<bool> {
        let reply = server.answer("POST", "/auth/register", None, &json!({"email": email, "password": PASSWORD})).await?;
        assert!([201, 409].contains(&reply.status), "{}", reply.text());
        let first = reply.status == 201;
        self.registered += i64::from(first);
        Some(first)
    }

    async fn end_another_session(&mut self, server: &Asked) -> Option<()> {
        let login = json!({"email": self.email, "password": PASSWORD});
        let reply = server.answer("POST", "/auth/login", None, &login).await?;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let other = access(&reply.json());
        let reply = server.answer("POST", "/auth/logout", Some(&other), &Value::Null).await?;
        assert_eq!(reply.status, 204, "{}", reply.text());
        self.over.push(other);
        self.ended += 1;
        Some(())
    }

    async fn found(&mut self, server: &Asked, round: usize) -> Option<()> {
        let name = format!("Org {}-{round}-{}", self.number, self.steps);
        let reply = server.answer("POST", "/orgs", Some(&self.access), &json!({"name": name})).await?;
        assert_eq!(reply.status, 201, "{}", reply.text());
        let id = reply.json()["id"].as_str().unwrap().to_owned();
        self.orgs.push(id.clone());
        if self.number == 0 {
            let email = "client1@example.com".to_owned();
            let invitation = json!({"email": email, "role": "member"});
            let reply = server.answer("POST", &format!("/orgs/{id}/invitations"), Some(&self.access), &invitation).await?;
            assert_eq!(reply.status, 201, "{}", reply.text());
            self.invited = vec![(name, email)];
        }
        Some(())
    }

    async fn spend(&mut self, server: &Asked) -> Option<()> {
        let prompt = json!({"prompt": "Say hello", "max_output_tokens": 20});
        let reply = server.answer("POST", "/llm/prompt", Some(&self.access), &prompt).await?;
        let refused = reply.code() == "llm.budget_exhausted";
        assert!(reply.status == 200 || refused, "{}", reply.text());
        Some(())
    }

    /// Everything that was said before the kill is still so.
    pub(super) async fn look(&mut self, server: &Server, round: usize) {
        let server = Asked(server.address);
        let renewed = json!({"refresh_token": self.refresh});
        let again = || server.answer("POST", "/auth/refresh", None, &renewed);
        let (one, two) = tokio::join!(again(), again());
        let (one, two) = (one.unwrap(), two.unwrap());
        assert_eq!(one.status, 200, "round {round}: whoever lost an answer goes on: {}", one.text());
        let (one, two) = (one.json(), two.json());
        assert!(two["refresh_token"].is_null() || one["refresh_token"] == two["refresh_token"], "one refresh has one successor");
        self.take(&one);
        let profile = server.answer("GET", "/users/me", Some(&self.access), &Value::Null).await.unwrap();
        let stored = profile.json()["metadata"]["n"].as_u64().unwrap_or(0);
        assert!(stored >= self.profile, "round {round}: {} was acknowledged, {stored} is stored", self.profile);
        self.profile = stored;
        for over in self.over.drain(..) {
            let reply = server.answer("GET", "/auth/me", Some(&over), &Value::Null).await.unwrap();
            assert_eq!(reply.status, 401, "round {round}: an ended session lives: {}", reply.text());
        }
        for email in self.accounts.drain(..) {
            let login = json!({"email": email, "password": PASSWORD});
            let reply = server.answer("POST", "/auth/login", None, &login).await.unwrap();
            assert_eq!(reply.status, 200, "round {round}: {email} was registered: {}", reply.text());
        }
        for org in self.orgs.drain(..) {
            let reply = server.answer("GET", &format!("/orgs/{org}"), Some(&self.access), &Value::Null).await.unwrap();
            assert_eq!(reply.status, 200, "round {round}: the organisation was founded: {}", reply.text());
        }
    }
}

/// A server that may go away.
struct Asked(SocketAddr);

impl Asked {
    /// None: it is gone, or went before its answer was whole.
    async fn answer(&self, method: &str, target: &str, token: Option<&str>, body: &Value) -> Option<Reply> {
        let mut request = Request::to(self.0, method, &format!("/api/v1{target}"));
        if let Some(token) = token {
            request = request.bearer(token);
        }
        if !body.is_null() {
            request = request.json(body);
        }
        let reply = request.send().await;
        let length = reply.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0_usize);
        (reply.status != 0 && reply.body.len() >= length).then_some(reply)
    }
}
