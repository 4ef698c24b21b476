use std::sync::Arc;
use std::time::Duration;

use core_testing::Engine;
use core_testing::http::{FixedActors, Reply, Request, StatementCounter, TestServer};
use serde_json::json;

use crate::world::{ADA, World, fresh};

const ME: &str = "/api/v1/users/me";

struct Served {
    world: World,
    server: TestServer,
}

async fn served() -> Served {
    let world = fresh(&Engine::Sqlite).await;
    let actors = FixedActors::new();
    actors.add("ada", world.ada());
    actors.add("reader", {
        let mut reader = world.ada();
        reader.permissions.remove("users:profile_write");
        reader
    });
    let server = TestServer::alone("https://api.example.com", &world.test, actors, Arc::new(world.users.clone())).await.unwrap();
    Served { world, server }
}

impl Served {
    fn me(&self, method: &str) -> Request {
        self.server.request(method, ME).bearer("ada")
    }
}

/// The body without what differs from run to run.
fn body(reply: &Reply) -> serde_json::Value {
    let mut body = reply.json();
    if let Some(instance) = body.get_mut("instance") {
        *instance = json!("urn:uuid:<request id>");
    }
    body
}

#[tokio::test]
async fn a_profile_is_read_with_its_tag() {
    let served = served().await;
    let reply = served.me("GET").send().await;
    assert_eq!((reply.status, reply.header("etag")), (200, Some("\"v1\"")));
    assert_eq!(reply.header("cache-control"), Some("private, no-store"));
    insta::assert_json_snapshot!(body(&reply), @r#"
    {
      "avatar_url": null,
      "created_at": "2026-01-16T14:40:00Z",
      "display_name": "Ada",
      "email": "ada@example.com",
      "email_verified": false,
      "id": "00000000-0000-0000-0000-000000000ada",
      "locale": "en",
      "metadata": {},
      "time_zone": "UTC",
      "units": "metric",
      "updated_at": "2026-01-16T14:40:00Z"
    }
    "#);
    let statements = StatementCounter::start(&served.world.test.db);
    let unchanged = served.me("GET").header("if-none-match", "\"v1\"").send().await;
    assert_eq!((unchanged.status, unchanged.body.len(), statements.count()), (304, 0, 1));
}

#[tokio::test]
async fn a_merge_patch_sets_keeps_and_removes() {
    let served = served().await;
    served.world.test.clock.advance(Duration::from_secs(90));
    let wanted = json!({"display_name": "Countess", "locale": "de-ch", "units": "imperial", "metadata": {"theme": "dark"}});
    let reply = served.me("PATCH").header("if-match", "\"v1\"").json(&wanted).send().await;
    assert_eq!((reply.status, reply.header("etag")), (200, Some("\"v2\"")));
    insta::assert_json_snapshot!(body(&reply), @r#"
    {
      "avatar_url": null,
      "created_at": "2026-01-16T14:40:00Z",
      "display_name": "Countess",
      "email": "ada@example.com",
      "email_verified": false,
      "id": "00000000-0000-0000-0000-000000000ada",
      "locale": "de-CH",
      "metadata": {
        "theme": "dark"
      },
      "time_zone": "UTC",
      "units": "imperial",
      "updated_at": "2026-01-16T14:41:30Z"
    }
    "#);

    let removal = json!({"display_name": null, "metadata": {"theme": null}}).to_string();
    let reply = served.me("PATCH").body("application/merge-patch+json", removal).send().await;
    let after = reply.json();
    assert_eq!((&after["display_name"], &after["metadata"], &after["locale"]), (&json!(null), &json!({}), &json!("de-CH")));
}

#[tokio::test]
async fn broken_rules_are_422_with_a_pointer_each() {
    let served = served().await;
    let reply = served.me("PATCH").json(&json!({"display_name": "", "time_zone": "MESZ+2!"})).send().await;
    assert_eq!(reply.status, 422);
    insta::assert_json_snapshot!(body(&reply), @r#"
    {
      "code": "users.invalid",
      "detail": "The input breaks a rule",
      "errors": [
        {
          "code": "invalid_name",
          "message": "1 to 100 printable characters",
          "pointer": "/display_name"
        },
        {
          "code": "invalid_time_zone",
          "message": "an IANA time zone name such as Europe/Zurich or UTC",
          "pointer": "/time_zone"
        }
      ],
      "instance": "urn:uuid:<request id>",
      "status": 422,
      "title": "The input breaks a rule",
      "type": "https://api.example.com/problems/users.invalid"
    }
    "#);
    for (wrong, pointer, code) in [
        (json!({"units": "stones"}), "/units", "invalid_choice"),
        (json!({"metadata": []}), "/metadata", "invalid_type"),
        (json!({"locale": 7}), "/locale", "invalid_type"),
        (json!({"email": "eve@example.com"}), "/email", "unknown_field"),
    ] {
        let reply = served.me("PATCH").json(&wrong).send().await;
        let error = &reply.json()["errors"][0];
        assert_eq!((reply.status, &error["pointer"], &error["code"]), (422, &json!(pointer), &json!(code)), "{}", reply.text());
    }
}

#[tokio::test]
async fn a_patch_of_an_old_version_is_412() {
    let served = served().await;
    assert_eq!(served.me("PATCH").json(&json!({"units": "imperial"})).send().await.status, 200);
    let reply = served.me("PATCH").header("if-match", "\"v1\"").json(&json!({"units": "metric"})).send().await;
    assert_eq!(reply.status, 412);
    insta::assert_json_snapshot!(body(&reply), @r#"
    {
      "code": "users.profile_changed",
      "detail": "The current version is \"v2\".",
      "instance": "urn:uuid:<request id>",
      "status": 412,
      "title": "The profile has changed since you read it",
      "type": "https://api.example.com/problems/users.profile_changed"
    }
    "#);
}

#[tokio::test]
async fn an_account_is_closed_with_a_recent_login() {
    let served = served().await;
    served.world.test.clock.advance(Duration::from_mins(10));
    let late = served.me("DELETE").send().await;
    assert_eq!((late.status, late.code().as_str()), (401, "auth.reauthentication_required"));
    assert!(served.world.personal_data.erased().is_empty());
}

#[tokio::test]
async fn a_closed_account_is_204_and_gone_after_its_job() {
    let served = served().await;
    let reply = served.me("DELETE").send().await;
    assert_eq!((reply.status, reply.body.len()), (204, 0));
    served.world.worker().drain().await.unwrap();
    assert_eq!(served.world.personal_data.erased(), [ADA]);
}

#[tokio::test]
async fn reading_and_writing_are_two_rights() {
    let served = served().await;
    let as_reader = |method: &str| served.server.request(method, ME).bearer("reader");
    assert_eq!(as_reader("GET").send().await.status, 200);
    assert_eq!(as_reader("PATCH").json(&json!({})).send().await.code(), "request.permission_denied");
    assert_eq!(as_reader("DELETE").send().await.code(), "request.permission_denied");
    assert_eq!(served.server.get(ME).send().await.status, 401);
}
