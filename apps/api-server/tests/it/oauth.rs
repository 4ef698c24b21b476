use std::sync::Arc;

use auth::testing::{CLIENT, CLIENT_SECRET, Fault, TestIssuer};
use core_kernel::Ambient;
use core_testing::http::Reply;
use serde_json::{Value, json};

use crate::program::{Server, access, code_in, mail_to};

const REDIRECT: &str = "https://app.example/signed-in";
// The pair of RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn server_that_trusts(issuer: &TestIssuer, folder: &std::path::Path) -> Server {
    let provider = |field: &str| format!("APP__AUTH__OAUTH__PROVIDERS__ACME__{field}");
    let settings = [
        ("APP__AUTH__OAUTH__REDIRECT_URIS".to_owned(), REDIRECT),
        (provider("ISSUER"), issuer.url.as_str()),
        (provider("CLIENT_ID"), CLIENT),
        (provider("CLIENT_SECRET"), CLIENT_SECRET),
        (provider("LABEL"), "Acme account"),
    ];
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    Server::start_with(folder, &settings)
}

/// What is behind the scheme, host and port of an address.
fn target(address: &str) -> String {
    let (_, rest) = address.split_once("://").unwrap();
    rest.split_once('/').map(|(_, path)| format!("/{path}")).unwrap()
}

async fn start(server: &Server, token: Option<&str>) -> Reply {
    let body = json!({"redirect_uri": REDIRECT, "code_challenge": CHALLENGE, "link": token.is_some()});
    let request = server.request("POST", "/api/v1/auth/oauth/acme/start").json(&body);
    if let Some(token) = token { request.bearer(token) } else { request }.send().await
}

/// Goes through the provider as a browser does; gives where it ends.
async fn browse(server: &Server, issuer: &TestIssuer, token: Option<&str>) -> String {
    let started = start(server, token).await;
    assert_eq!(started.status, 200, "{}", started.text());
    let back = issuer.visit(started.json()["authorize_url"].as_str().unwrap()).await;
    let port = server.address.port();
    assert!(back.starts_with(&format!("http://localhost:{port}/api/v1/auth/oauth/acme/callback?")), "{back}");
    let answer = server.request("GET", &target(&back)).send().await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(server.request("GET", &target(&back)).send().await.code(), "auth.invalid_state", "a reload is no second sign-in");
    answer.header("location").unwrap().to_owned()
}

async fn exchange(server: &Server, ended: &str) -> Reply {
    let code = ended.strip_prefix(&format!("{REDIRECT}?code=")).unwrap_or_else(|| panic!("{ended}"));
    server.post("/api/v1/auth/oauth/exchange", json!({"code": code, "code_verifier": VERIFIER})).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_signs_in_with_an_issuer_from_the_settings() {
    let issuer = TestIssuer::start(Arc::clone(&Ambient::system().clock));
    let folder = tempfile::tempdir().unwrap();
    let server = server_that_trusts(&issuer, folder.path());
    let providers = server.request("GET", "/api/v1/auth/oauth/providers").send().await.json();
    assert_eq!(providers, json!({"items": [{"name": "acme", "label": "Acme account"}], "next_cursor": null}));

    let ended = browse(&server, &issuer, None).await;
    let signed_in = exchange(&server, &ended).await;
    assert_eq!(signed_in.status, 200, "{}", signed_in.text());
    assert_eq!(exchange(&server, &ended).await.code(), "auth.invalid_code");
    let token = access(&signed_in.json());
    let me = server.get("/api/v1/auth/me", &token).await.json();
    assert_eq!(me["amr"], json!(["fed"]), "{me}");
    assert_eq!(server.get("/api/v1/users/me", &token).await.json()["email"], "Ada@example.com");

    let identities = server.get("/api/v1/auth/identities", &token).await.json();
    assert_eq!(identities["items"][0]["provider"], "acme", "{identities}");
    let path = format!("/api/v1/auth/identities/{}", identities["items"][0]["id"].as_str().unwrap());
    assert_eq!(server.request("DELETE", &path).bearer(&token).send().await.code(), "auth.last_way_in");

    // A mail sets the password that there was not.
    assert_eq!(server.post("/api/v1/auth/password/forgot", json!({"email": "ada@example.com"})).await.status, 202);
    let mail = mail_to(&server.folder, "Ada@example.com", "Choose a new password").await;
    let password = "another sentence, just for me";
    let reset = json!({"token": code_in(&mail), "password": password});
    assert_eq!(server.post("/api/v1/auth/password/reset", reset).await.status, 204);
    let login: Value = server.post("/api/v1/auth/login", json!({"email": "ada@example.com", "password": password})).await.json();
    let token = access(&login);
    assert_eq!(server.request("DELETE", &path).bearer(&token).send().await.status, 204);

    // And the identity comes back by a link.
    let linked = exchange(&server, &browse(&server, &issuer, Some(&token)).await).await;
    assert_eq!(linked.status, 200, "{}", linked.text());
    assert_eq!(server.get("/api/v1/auth/me", &token).await.status, 200, "the session that asked goes on");
    assert!(!server.log().contains("s&cret") && !server.log().contains("grant-"), "{}", server.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_wrong_at_the_issuer_comes_back_to_the_client_as_a_problem_code() {
    let issuer = TestIssuer::start(Arc::clone(&Ambient::system().clock));
    let folder = tempfile::tempdir().unwrap();
    let server = server_that_trusts(&issuer, folder.path());
    for (fault, code) in [
        (Fault::Denied, "auth.sign_in_cancelled"),
        (Fault::WrongNonce, "auth.provider_answer_invalid"),
        (Fault::TokenEndpointFails, "auth.provider_unavailable"),
    ] {
        issuer.misbehave(&[fault]);
        assert_eq!(browse(&server, &issuer, None).await, format!("{REDIRECT}?error={code}"));
    }
    assert!(!server.log().contains("canary of the provider"), "{}", server.log());

    let elsewhere = json!({"redirect_uri": "https://evil.example/", "code_challenge": CHALLENGE});
    let refused = server.post("/api/v1/auth/oauth/acme/start", elsewhere).await;
    assert_eq!((refused.status, refused.json()["errors"][0]["pointer"].as_str()), (422, Some("/redirect_uri")));
    let nobody = server.request("POST", "/api/v1/auth/oauth/acme/start");
    let link = json!({"redirect_uri": REDIRECT, "code_challenge": CHALLENGE, "link": true});
    assert_eq!(nobody.json(&link).send().await.code(), "request.unauthenticated");
}
