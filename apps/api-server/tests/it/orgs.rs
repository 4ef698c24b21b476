use std::time::{Duration, Instant};

use core_testing::http::Reply;
use core_testing::{Engine, TestDb, engines};
use serde_json::{Value, json};

use crate::program::{MASTER_KEY, Server, access, code_in, eventually, mail_to};

/// Somebody with a verified address.
struct Person<'s> {
    server: &'s Server,
    id: String,
    token: String,
}

impl<'s> Person<'s> {
    async fn register(server: &'s Server, email: &str) -> Self {
        let token = access(&server.register(email).await);
        let verify = json!({"token": code_in(&mail_to(&server.folder, email, "Confirm your address").await)});
        assert_eq!(server.post("/api/v1/auth/verify-email", verify).await.status, 204);
        let id = server.get("/api/v1/users/me", &token).await.json()["id"].as_str().unwrap().to_owned();
        Self { server, id, token }
    }

    async fn send(&self, method: &str, target: &str, org: Option<&str>, body: Option<Value>) -> Reply {
        let mut request = self.server.request(method, target).bearer(&self.token);
        if let Some(org) = org {
            request = request.header("x-org-id", org);
        }
        if let Some(body) = &body {
            request = request.json(body);
        }
        request.send().await
    }

    /// The same, where what was done before decides over it.
    async fn settled(&self, method: &str, target: &str, org: Option<&str>, expected: u16) -> Reply {
        let body = (method != "GET").then(|| json!({}));
        self.server.settled(|reply| reply.status == expected, async || self.send(method, target, org, body.clone()).await).await
    }

    async fn converse(&self, org: &str, title: &str, visibility: &str) -> String {
        let body = json!({"title": title, "visibility": visibility});
        let made = self.send("POST", "/api/v1/llm/conversations", Some(org), Some(body)).await;
        assert_eq!(made.status, 201, "{}", made.text());
        format!("/api/v1/llm/conversations/{}", made.json()["id"].as_str().unwrap())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_people_work_in_an_organisation_until_one_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let (ada, bob) = (Person::register(&server, "Ada@example.com").await, Person::register(&server, "bob@example.com").await);

    let founded = ada.send("POST", "/api/v1/orgs", None, Some(json!({"name": "Brick & Mortar"}))).await;
    assert_eq!((founded.status, founded.json()["slug"].as_str()), (201, Some("brick-mortar")), "{}", founded.text());
    let org = founded.json()["id"].as_str().unwrap().to_owned();
    let at = |rest: &str| format!("/api/v1/orgs/{org}{rest}");
    assert_eq!(bob.send("GET", &at(""), None, None).await.status, 404, "what one is no member of does not exist");
    let outside = bob.send("GET", "/api/v1/llm/conversations", Some(&org), None).await;
    assert_eq!((outside.status, outside.code().as_str()), (403, "orgs.not_a_member"));

    let invite = json!({"email": "Bob@Example.com", "role": "member"});
    let invited = ada.send("POST", &at("/invitations"), None, Some(invite)).await;
    assert_eq!(invited.status, 201, "{}", invited.text());
    let mail = mail_to(&server.folder, "Bob@Example.com", "Join Brick & Mortar").await;
    assert!(mail.contains(&format!("http://localhost:{}/account/invitation", server.address.port())), "{mail}");
    let accept = json!({"token": code_in(&mail)});
    let stolen = ada.send("POST", "/api/v1/orgs/invitations/accept", None, Some(accept.clone())).await;
    assert_eq!(stolen.code(), "orgs.invitation_for_another_address");
    let accepted = bob.send("POST", "/api/v1/orgs/invitations/accept", None, Some(accept.clone())).await;
    assert_eq!((accepted.status, accepted.json()["role"].as_str()), (200, Some("member")), "{}", accepted.text());
    let again = bob.send("POST", "/api/v1/orgs/invitations/accept", None, Some(accept)).await;
    assert_eq!(again.code(), "orgs.invalid_invitation");
    let members = ada.send("GET", &at("/members"), None, None).await.json();
    assert_eq!(members["items"][0]["email"], "bob@example.com", "{members}");

    let open = ada.converse(&org, "Ours", "org").await;
    let private = ada.converse(&org, "Mine", "private").await;
    assert_eq!(bob.settled("GET", &open, Some(&org), 200).await.json()["title"], "Ours");
    assert_eq!(bob.send("GET", &private, Some(&org), None).await.status, 404);
    assert_eq!(bob.send("GET", &open, None, None).await.status, 404, "in their own space it is not there");
    assert_eq!(bob.send("GET", "/api/v1/users/me", Some(&org), None).await.status, 200, "one's own things stay one's own");

    let member = at(&format!("/members/{}", bob.id));
    let raise = bob.send("PATCH", &at(&format!("/members/{}", ada.id)), None, Some(json!({"role": "viewer"}))).await;
    assert_eq!(raise.status, 403);
    bob.converse(&org, "May a member begin one?", "org").await;
    let lowered = ada.send("PATCH", &member, None, Some(json!({"role": "viewer"}))).await;
    assert_eq!(lowered.status, 200, "{}", lowered.text());
    let denied = bob.settled("POST", "/api/v1/llm/conversations", Some(&org), 403).await;
    assert_eq!((denied.status, denied.code().as_str()), (403, "request.permission_denied"), "the same process knows at once");
    assert_eq!(bob.send("GET", &open, Some(&org), None).await.status, 200, "viewers read");

    assert_eq!(ada.send("DELETE", &member, None, None).await.status, 204);
    assert_eq!(bob.settled("GET", &open, Some(&org), 403).await.code(), "orgs.not_a_member");
    assert_eq!(ada.send("POST", &at("/leave"), None, None).await.code(), "orgs.last_owner");
    assert_eq!(ada.send("DELETE", &at(""), None, None).await.status, 204);
    assert_eq!(ada.settled("GET", &open, Some(&org), 403).await.code(), "orgs.not_a_member");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_closes_their_account_leaves_their_organisations_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let (ada, bob) = (Person::register(&server, "ada@example.com").await, Person::register(&server, "bob@example.com").await);
    let org = ada.send("POST", "/api/v1/orgs", None, Some(json!({"name": "Bricks"}))).await.json()["id"].clone();
    let org = org.as_str().unwrap();
    let invite = json!({"email": "bob@example.com", "role": "viewer"});
    ada.send("POST", &format!("/api/v1/orgs/{org}/invitations"), None, Some(invite)).await;
    let accept = json!({"token": code_in(&mail_to(&server.folder, "bob@example.com", "Join Bricks").await)});
    assert_eq!(bob.send("POST", "/api/v1/orgs/invitations/accept", None, Some(accept)).await.status, 200);
    assert_eq!(ada.send("DELETE", "/api/v1/users/me", None, None).await.status, 204);
    let role = eventually("the erasure to make somebody else the owner", async || {
        let orgs = bob.send("GET", "/api/v1/orgs", None, None).await.json();
        orgs["items"][0]["role"].as_str().filter(|role| *role != "viewer").map(str::to_owned)
    })
    .await;
    assert_eq!(role, "owner");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organisations_key_acts_for_it_by_itself_as_long_as_its_maker_may() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let (ada, bob) = (Person::register(&server, "ada@example.com").await, Person::register(&server, "bob@example.com").await);
    let org = ada.send("POST", "/api/v1/orgs", None, Some(json!({"name": "Bricks"}))).await.json()["id"].clone();
    let org = org.as_str().unwrap();
    let invite = json!({"email": "bob@example.com", "role": "admin"});
    ada.send("POST", &format!("/api/v1/orgs/{org}/invitations"), None, Some(invite)).await;
    let accept = json!({"token": code_in(&mail_to(&server.folder, "bob@example.com", "Join Bricks").await)});
    assert_eq!(bob.send("POST", "/api/v1/orgs/invitations/accept", None, Some(accept)).await.status, 200);

    let wanted = json!({"name": "report", "scopes": ["llm:chat", "llm:read"]});
    let made = bob.send("POST", "/api/v1/auth/api-keys", Some(org), Some(wanted.clone())).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let key =
        |made: Reply| Person { server: &server, id: String::new(), token: made.json()["secret"].as_str().unwrap().to_owned() };
    let key_of_org = key(made);
    let made = key_of_org.send("POST", "/api/v1/llm/conversations", None, Some(json!({"visibility": "org"}))).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let conversation = format!("/api/v1/llm/conversations/{}", made.json()["id"].as_str().unwrap());
    assert_eq!(ada.send("GET", &conversation, Some(org), None).await.status, 200, "it is the organisation's");
    assert_eq!(key_of_org.send("GET", "/api/v1/orgs", None, None).await.status, 403, "the scopes are the most it may");
    let other = key_of_org.send("GET", &conversation, Some("0190b7a2-0000-7000-8000-00000000dead"), None).await;
    assert_eq!(other.code(), "orgs.not_a_member");

    let own = key(bob.send("POST", "/api/v1/auth/api-keys", None, Some(wanted)).await);
    assert_eq!(own.send("GET", "/api/v1/llm/conversations", None, None).await.status, 200);
    assert_eq!(own.send("GET", "/api/v1/llm/conversations", Some(org), None).await.code(), "orgs.not_a_member");

    let member = format!("/api/v1/orgs/{org}/members/{}", bob.id);
    assert_eq!(ada.send("PATCH", &member, None, Some(json!({"role": "viewer"}))).await.status, 200);
    let denied = key_of_org.settled("POST", "/api/v1/llm/conversations", None, 403).await;
    assert_eq!(denied.code(), "request.permission_denied", "its maker may not any more");
    assert_eq!(ada.send("DELETE", &member, None, None).await.status, 204);
    assert_eq!(key_of_org.settled("GET", &conversation, None, 403).await.code(), "orgs.not_a_member");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_process_knows_within_a_second_who_was_removed() {
    for engine in engines() {
        let Engine::Postgres(_) = &engine else { continue };
        let database = TestDb::fresh(&engine, Vec::new()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let environment = [
            ("DATABASE_URL", database.url.as_str()),
            ("APP__SECURITY__MASTER_KEY", MASTER_KEY),
            ("APP__SERVER__PUBLIC_URL", "http://brickwork.test"),
        ];
        let (one, two) = (Server::start_with(folder.path(), &environment), Server::start_with(folder.path(), &environment));
        let (ada, bob) = (Person::register(&one, "ada@example.com").await, Person::register(&one, "bob@example.com").await);
        let org = ada.send("POST", "/api/v1/orgs", None, Some(json!({"name": "Bricks"}))).await.json()["id"].clone();
        let org = org.as_str().unwrap();
        let invite = json!({"email": "bob@example.com", "role": "member"});
        ada.send("POST", &format!("/api/v1/orgs/{org}/invitations"), None, Some(invite)).await;
        let accept = json!({"token": code_in(&mail_to(&one.folder, "bob@example.com", "Join Bricks").await)});
        assert_eq!(bob.send("POST", "/api/v1/orgs/invitations/accept", None, Some(accept)).await.status, 200);
        let elsewhere = Person { server: &two, ..bob };
        let look = async || elsewhere.send("GET", "/api/v1/llm/conversations", Some(org), None).await.status;
        assert_eq!(look().await, 200);
        let member = format!("/api/v1/orgs/{org}/members/{}", elsewhere.id);
        assert_eq!(ada.send("DELETE", &member, None, None).await.status, 204);
        let removed = Instant::now();
        let refused_after = eventually("the other process to refuse", async || {
            let asked = removed.elapsed();
            (look().await == 403).then_some(asked)
        })
        .await;
        // A second, and the time between two looks.
        assert!(refused_after < Duration::from_millis(1500), "{refused_after:?}");
    }
}
