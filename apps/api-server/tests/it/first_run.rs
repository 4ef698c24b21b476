use serde_json::json;

use crate::program::{PASSWORD, Server, access, command};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_folder_and_an_empty_environment_are_enough() {
    let folder = tempfile::tempdir().unwrap();
    let mut bare = command(folder.path());
    bare.args(["--set", "server.port=0", "--set", "server.admin_port=0"]);
    let server = Server::spawn(bare, folder.path());
    assert!(folder.path().join("data/brickwork.sqlite").exists());
    assert!(folder.path().join("data/master.key").exists());
    assert!(server.greeting.iter().any(|line| line.ends_with("/docs")), "{:?}", server.greeting);
    for (target, kind) in [
        ("/livez", "application/json"),
        ("/readyz", "application/json"),
        ("/api/v1/openapi.json", "application/json"),
        ("/api/openapi.json", "application/json"),
        ("/docs/", "text/html"),
        ("/problems", "application/json"),
        ("/.well-known/jwks.json", "application/jwk-set+json"),
        ("/setup", "text/html"),
        ("/account/verify-email", "text/html"),
        ("/account/invitation", "text/html"),
    ] {
        let reply = server.request("GET", target).send().await;
        assert_eq!(reply.status, 200, "{target}: {}", reply.text());
        assert!(reply.header("content-type").unwrap_or_default().starts_with(kind), "{target}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_administrator_claims_the_server_and_a_second_start_keeps_everything() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let printed = crate::program::run(folder.path(), &["admin", "claim-link"]);
    let link = crate::program::text(&printed);
    let (_, code) = link.trim().split_once("#token=").expect("a claim link");
    let claim = json!({"token": code, "email": "root@example.com", "password": PASSWORD});
    let claimed = server.post("/api/v1/setup/claim", claim.clone()).await;
    assert_eq!(claimed.status, 201, "{}", claimed.text());
    assert_eq!(server.post("/api/v1/setup/claim", claim).await.code(), "auth.invalid_code");
    let me = server.get("/api/v1/auth/me", &access(&claimed.json()["tokens"])).await.json();
    assert_eq!(me["roles"], json!(["admin"]));
    assert!(me["permissions"].as_array().unwrap().contains(&json!("jobs:manage")));
    assert_eq!(server.stop(), Some(0));

    let again = Server::start(folder.path());
    let login = json!({"email": "root@example.com", "password": PASSWORD});
    assert_eq!(again.post("/api/v1/auth/login", login).await.status, 200);
    let printed = crate::program::run(folder.path(), &["admin", "claim-link"]);
    assert!(crate::program::text(&printed).contains("already"));
}
