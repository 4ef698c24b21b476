use core_testing::http::Request;
use mock_llm::{MockLlm, Protocol, Scenario};
use serde_json::{Value, json};

use crate::program::{PASSWORD, Server};

/// Signs in as a page does; the cookie and the CSRF token.
async fn browser(server: &Server, email: &str) -> (String, String) {
    let login = json!({"email": email, "password": PASSWORD, "session": "cookie"});
    let reply = server.post("/api/v1/auth/login", login).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let cookie = reply.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    (cookie, reply.json()["csrf_token"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_works_with_its_cookie_for_itself_for_an_organisation_and_in_streams() {
    let folder = tempfile::tempdir().unwrap();
    let mock = MockLlm::start().await.unwrap();
    mock.play(Protocol::OpenAiChat, Scenario::Ok);
    let base = mock.base_url(Protocol::OpenAiChat);
    let model = [("OPENAI_API_KEY", "test"), ("OPENAI_BASE_URL", base.as_str()), ("APP__LLM__DEFAULT_MODEL", "openai/mock")];
    let server = Server::start_with(folder.path(), &model);
    server.register("ada@example.com").await;
    let (cookie, csrf) = browser(&server, "ada@example.com").await;
    let read = |target: &str| server.request("GET", target).header("cookie", &cookie);
    let write = |method: &str, target: &str, body: Value| -> Request {
        server.request(method, target).header("cookie", &cookie).header("x-csrf-token", &csrf).json(&body)
    };
    assert_eq!(read("/api/v1/users/me").send().await.json()["email"], "ada@example.com");
    let org = json!({"name": "Acme", "slug": "acme"});
    let without = server.request("POST", "/api/v1/orgs").header("cookie", &cookie).json(&org).send().await;
    assert_eq!((without.status, without.code().as_str()), (403, "request.csrf"));
    let made = write("POST", "/api/v1/orgs", org).send().await;
    assert_eq!(made.status, 201, "{}", made.text());
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let me = read("/api/v1/auth/me").header("x-org-id", &id).send().await;
    assert_eq!(me.json()["org_id"], json!(id));

    let mut feed = read("/api/v1/events").open().await;
    assert!(feed.read_until("text/event-stream").await, "{}", feed.text());
    let chat = write("POST", "/api/v1/llm/conversations", json!({"title": "Walls"})).send().await.json();
    let messages = format!("/api/v1/llm/conversations/{}/messages", chat["id"].as_str().unwrap());
    let mut stream = write("POST", &messages, json!({"content": "Hello!", "stream": true})).open().await;
    assert!(stream.read_until("event: done").await, "{}", stream.text());

    let out = write("POST", "/api/v1/auth/logout", json!({})).send().await;
    assert_eq!(out.status, 204, "{}", out.text());
    let ended = server.settled(|reply| reply.status == 401, async || read("/api/v1/users/me").send().await);
    assert_eq!(ended.await.code(), "auth.session_ended");
}
