use std::sync::Arc;

use core_kernel::OrgRole;
use core_testing::Engine;
use core_testing::http::{FixedActors, Reply, TestServer};
use serde_json::{Value, json};

use crate::world::{World, fresh};

struct Served {
    world: World,
    server: TestServer,
}

async fn served() -> Served {
    let world = fresh(&Engine::Sqlite).await;
    let actors = FixedActors::new();
    actors.add("ada", world.person(1));
    actors.add("bob", world.person(2));
    let server = TestServer::alone("https://api.example.com", &world.test, actors, Arc::new(world.orgs.clone())).await.unwrap();
    Served { world, server }
}

/// The body without what differs from run to run.
fn body(reply: &Reply) -> Value {
    let mut body = reply.json();
    for (name, stand_in) in [("instance", "urn:uuid:<request id>"), ("id", "<id>")] {
        if let Some(value) = body.get_mut(name) {
            *value = json!(stand_in);
        }
    }
    body
}

#[tokio::test]
async fn an_organisation_is_founded_read_and_changed() {
    let served = served().await;
    let made = served.server.request("POST", "/api/v1/orgs").bearer("ada").json(&json!({"name": "Bricks"})).send().await;
    let location = made.header("location").unwrap().to_owned();
    let path = location.trim_start_matches("https://api.example.com").to_owned();
    insta::assert_json_snapshot!(body(&made), @r#"
    {
      "created_at": "2026-01-16T14:40:00Z",
      "created_by": "00000000-0000-0000-0000-00000000a001",
      "id": "<id>",
      "metadata": {},
      "name": "Bricks",
      "slug": "bricks",
      "updated_at": "2026-01-16T14:40:00Z"
    }
    "#);
    assert_eq!((made.status, made.header("etag")), (201, Some("\"v1\"")));
    let read = served.server.request("GET", &path).bearer("ada").send().await;
    assert_eq!((read.status, read.header("etag")), (200, Some("\"v1\"")));
    let change = json!({"slug": "brick-by-brick", "metadata": {"plan": "free"}});
    let patch = || served.server.request("PATCH", &path).bearer("ada").header("if-match", "\"v1\"").json(&change);
    let changed = patch().send().await;
    assert_eq!((changed.status, changed.header("etag")), (200, Some("\"v2\"")));
    assert_eq!(changed.json()["slug"], "brick-by-brick");
    let refused = patch().send().await;
    insta::assert_json_snapshot!(body(&refused), @r#"
    {
      "code": "orgs.changed",
      "detail": "The current version is \"v2\".",
      "instance": "urn:uuid:<request id>",
      "status": 412,
      "title": "It has changed since you read it",
      "type": "https://api.example.com/problems/orgs.changed"
    }
    "#);
    let list = served.server.request("GET", "/api/v1/orgs").bearer("ada").send().await.json();
    assert_eq!((list["items"][0]["role"].as_str(), &list["next_cursor"]), (Some("owner"), &Value::Null));
    assert_eq!(served.server.request("GET", &path).bearer("bob").send().await.status, 404);
    assert_eq!(served.server.request("DELETE", &path).bearer("ada").send().await.status, 204);
    assert_eq!(served.server.request("GET", &path).bearer("ada").send().await.status, 404);
}

#[tokio::test]
async fn a_member_is_invited_joins_and_is_seen() {
    let served = served().await;
    let ada = served.world.person(1);
    let org = served.world.org(&ada).await;
    let token = served.world.invite(&ada, org, 2, OrgRole::Member).await;
    let accept = json!({"token": token.expose()});
    let joined = served.server.request("POST", "/api/v1/orgs/invitations/accept").bearer("bob").json(&accept).send().await;
    assert_eq!((joined.status, joined.json()["role"].as_str()), (200, Some("member")), "{}", joined.text());
    let members = served.server.request("GET", &format!("/api/v1/orgs/{org}/members")).bearer("bob").send().await.json();
    insta::assert_json_snapshot!(members["items"][0], @r#"
    {
      "display_name": null,
      "email": "person2@example.com",
      "joined_at": "2026-01-16T14:40:00Z",
      "role": "member",
      "updated_at": "2026-01-16T14:40:00Z",
      "user_id": "00000000-0000-0000-0000-00000000a002"
    }
    "#);
    let again = served.server.request("POST", "/api/v1/orgs/invitations/accept").bearer("bob").json(&accept).send().await;
    insta::assert_json_snapshot!(body(&again), @r#"
    {
      "code": "orgs.invalid_invitation",
      "detail": "The invitation is not valid",
      "instance": "urn:uuid:<request id>",
      "status": 422,
      "title": "The invitation is not valid",
      "type": "https://api.example.com/problems/orgs.invalid_invitation"
    }
    "#);
}
