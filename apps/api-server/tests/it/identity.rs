use serde_json::json;

use crate::program::{PASSWORD, Server, access, code_in, eventually, mail_to};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_registers_looks_changes_their_profile_and_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let body = json!({"email": "Ada@example.com", "password": PASSWORD, "display_name": "Ada"});
    let registered = server.post("/api/v1/auth/register", body.clone()).await;
    assert_eq!(registered.status, 201);
    assert_eq!(server.post("/api/v1/auth/register", body).await.code(), "auth.email_taken");
    let token = access(&registered.json()["tokens"]);

    let profile = server.get("/api/v1/users/me", &token).await;
    assert_eq!(profile.status, 200, "{}", profile.text());
    let tag = profile.header("etag").expect("an ETag").to_owned();
    let me = profile.json();
    assert_eq!((me["email"].as_str(), me["display_name"].as_str()), (Some("Ada@example.com"), Some("Ada")));
    assert_eq!(profile.header("cache-control"), Some("private, no-store"));

    let patch = |tag: &str| {
        let request = server.request("PATCH", "/api/v1/users/me").bearer(&token).header("if-match", tag);
        request.body("application/merge-patch+json", r#"{"display_name":"Countess","time_zone":"Europe/London"}"#)
    };
    assert_eq!(patch(&tag).send().await.json()["display_name"], "Countess");
    assert_eq!(patch(&tag).send().await.status, 412, "it has changed since");

    assert_eq!(server.request("DELETE", "/api/v1/users/me").bearer(&token).send().await.status, 204);
    let gone = server.settled(|reply| reply.status == 401, async || server.get("/api/v1/users/me", &token).await);
    assert_eq!(gone.await.status, 401);
    let login = json!({"email": "ada@example.com", "password": PASSWORD});
    assert_eq!(server.post("/api/v1/auth/login", login).await.code(), "auth.invalid_credentials");
    eventually("the address to be free again", async || {
        let body = json!({"email": "ada@example.com", "password": PASSWORD});
        (server.post("/api/v1/auth/register", body).await.status == 201).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_token_works_once_and_a_logout_ends_the_session() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_with(folder.path(), &[("APP__AUTH__REFRESH_GRACE_SECONDS", "0")]);
    let first = server.register("ada@example.com").await;
    let refresh = |tokens: &serde_json::Value| json!({"refresh_token": tokens["refresh_token"]});
    let second = server.post("/api/v1/auth/refresh", refresh(&first)).await.json();
    assert_eq!(server.get("/api/v1/auth/me", &access(&second)).await.status, 200);
    let logout = server.request("POST", "/api/v1/auth/logout").bearer(&access(&second)).send().await;
    assert_eq!(logout.status, 204, "{}", logout.text());
    let ended = server.settled(|reply| reply.status == 401, async || server.get("/api/v1/auth/me", &access(&second)).await);
    let refused = ended.await;
    assert_eq!((refused.status, refused.code().as_str()), (401, "auth.session_ended"));
    assert!(refused.header("www-authenticate").is_some());
    assert_eq!(server.post("/api/v1/auth/refresh", refresh(&second)).await.status, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_links_in_the_mails_verify_an_address_and_reset_a_password() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_with(folder.path(), &[("APP__AUTH__EMAIL_VERIFICATION", "required")]);
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    let login = |password: &str| json!({"email": "ada@example.com", "password": password});
    let registered = server.post("/api/v1/auth/register", body).await;
    assert_eq!((registered.status, registered.json()), (202, json!({"status": "check_mail"})));
    assert_eq!(server.post("/api/v1/auth/login", login(PASSWORD)).await.code(), "auth.email_not_verified");

    let mail = mail_to(&server.folder, "ada@example.com", "Confirm your address").await;
    assert!(mail.contains(&format!("http://localhost:{}", server.address.port())), "the link leads to this server: {mail}");
    assert_eq!(server.request("GET", "/account/verify-email").send().await.status, 200);
    let verify = json!({"token": code_in(&mail)});
    assert_eq!(server.post("/api/v1/auth/verify-email", verify.clone()).await.status, 204, "looking at the page used nothing up");
    assert_eq!(server.post("/api/v1/auth/verify-email", verify).await.code(), "auth.invalid_code");
    assert_eq!(server.post("/api/v1/auth/login", login(PASSWORD)).await.status, 200);

    let forgot = json!({"email": "ada@example.com"});
    assert_eq!(server.post("/api/v1/auth/password/forgot", forgot).await.status, 202);
    let mail = mail_to(&server.folder, "ada@example.com", "Choose a new password").await;
    let new = "another sentence, just for me";
    let reset = json!({"token": code_in(&mail), "password": new});
    assert_eq!(server.post("/api/v1/auth/password/reset", reset).await.status, 204);
    assert_eq!(server.post("/api/v1/auth/login", login(PASSWORD)).await.status, 401);
    assert_eq!(server.post("/api/v1/auth/login", login(new)).await.status, 200);
}
