//! A server with some of the features.

use core_testing::{Engine, TestDb, engines};
use serde_json::json;

use crate::media::send;
use crate::program::{Server, access, command, eventually, run, text};

fn start(folder: &std::path::Path, features: &str) -> Server {
    Server::start_with(folder, &[("APP__FEATURES", features)])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_of_three_features_has_their_routes_tables_and_ports_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "auth,users,media");
    let token = access(&server.register("ada@example.com").await);
    let kept = send(&server, "PUT", "/api/v1/users/me/avatar", &token, "image").await;
    assert_eq!(kept.status, 200, "{}", kept.text());
    for gone in ["/api/v1/llm/conversations", "/api/v1/orgs", "/api/v1/fitness/profile", "/api/v1/jobs"] {
        assert_eq!(server.get(gone, &token).await.status, 404, "{gone}");
    }
    let document = server.get("/api/v1/openapi.json", &token).await.json();
    assert!(document["paths"].as_object().unwrap().keys().all(|path| !path.contains("/llm/")));
    let in_org =
        server.request("GET", "/api/v1/users/me").bearer(&token).header("x-org-id", "01900000-0000-7000-8000-000000000001");
    let in_org = in_org.send().await;
    assert_eq!((in_org.status, in_org.json()["code"].as_str()), (503, Some("server.feature_off")), "{}", in_org.text());
    drop(server);
    let mut status = command(folder.path());
    let status = text(&status.env("APP__FEATURES", "auth,users,media").args(["migrate", "status"]).output().unwrap());
    assert!(status.contains("media/") && !status.contains("llm/"), "{status}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_asked_of_a_feature_that_is_left_out_is_answered_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "auth,users,code");
    let token = access(&server.register("ada@example.com").await);
    let avatar = send(&server, "PUT", "/api/v1/users/me/avatar", &token, "image").await;
    let map = json!({"workspace_id": "01900000-0000-7000-8000-000000000001", "token_budget": 1000});
    let map = server.request("POST", "/api/v1/code/map").bearer(&token).json(&map);
    for (asked, name) in [(avatar, "media"), (map.send().await, "files")] {
        assert_eq!((asked.status, asked.json()["code"].as_str()), (503, Some("server.feature_off")), "{}", asked.text());
        assert!(asked.json()["detail"].as_str().unwrap().contains(&format!("`{name}` is switched off")), "{}", asked.text());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_feature_starts_beside_auth_alone() {
    for feature in ["users", "orgs", "llm", "media", "files", "code", "fitness", "vision", "integrations", "webhooks", "jobs"] {
        let folder = tempfile::tempdir().unwrap();
        let server = start(folder.path(), &format!("auth,{feature}"));
        let token = access(&server.register("ada@example.com").await);
        assert_eq!(server.get("/api/v1/auth/me", &token).await.status, 200, "{feature}");
        assert_eq!(server.get("/readyz", &token).await.status, 200, "{feature}");
        assert_eq!(server.stop(), Some(0), "{feature}");
    }
}

#[test]
fn features_that_do_not_exist_and_a_server_without_auth_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (features, said) in [("auth,medai", "there is no feature `medai`"), ("media", "leaves out auth")] {
        let output = run(folder.path(), &["serve", "--features", features]);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(78) && text.contains(said), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_on_one_postgresql_without_redis_say_so_in_their_readiness() {
    for engine in engines() {
        let Engine::Postgres(_) = &engine else { continue };
        let (folder, database) = (tempfile::tempdir().unwrap(), TestDb::bare(&engine).await.unwrap());
        let key = "5a6b".repeat(16);
        let environment = [("DATABASE_URL", database.url.as_str()), ("APP__SECURITY__MASTER_KEY", key.as_str())];
        let one = Server::start_with(folder.path(), &environment);
        let ready = async || one.get("/readyz", "").await.json();
        assert_eq!(ready().await["status"], "ok");
        let two = Server::start_with(folder.path(), &environment);
        let said = eventually("readiness to notice the other server", async || {
            let ready = ready().await;
            (ready["status"] == "degraded").then_some(ready)
        })
        .await;
        assert!(said.to_string().contains("Set REDIS_URL"), "{said}");
        assert_eq!(two.stop(), Some(0));
        eventually("readiness to notice that it is gone", async || (ready().await["status"] == "ok").then_some(())).await;
    }
}
