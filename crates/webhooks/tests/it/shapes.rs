//! Whole bodies, as clients read them.

use std::sync::Arc;

use core_testing::Engine;
use core_testing::http::{FixedActors, Reply, TestServer, shape};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::world::{World, fresh};

/// What differs from run to run: secrets, ids of messages, how long something took, and where the receiver listens.
const HIDDEN: &[&str] = &["secret", "duration_ms", "url", "webhook_id"];

struct Served {
    world: World,
    server: TestServer,
}

async fn served() -> Served {
    let world = fresh(&Engine::Sqlite).await;
    let actors = FixedActors::new();
    actors.add("ada", world.person(1));
    let feature = Arc::new(world.webhooks.clone());
    let server = TestServer::alone("https://example.com", &world.test, actors, feature).await.unwrap();
    Served { world, server }
}

impl Served {
    async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        self.server.ask("ada", method, &format!("/api/v1/webhooks{path}"), body).await
    }
}

#[tokio::test]
async fn endpoints_what_they_got_and_what_is_refused_have_these_bodies() {
    let served = served().await;
    let receiver = Receiver::with_status(|number| if number == 0 { 500 } else { 200 }).await;
    let wanted = json!({"url": receiver.url, "event_types": ["thing.made"], "description": "Ours"});
    let made = served.ask("POST", "/endpoints", Some(&wanted)).await;
    assert_json_snapshot!("endpoint", shape(&made, HIDDEN));
    let id = made.json()["id"].as_str().unwrap().to_owned();
    assert_json_snapshot!("endpoints", shape(&served.ask("GET", "/endpoints", None).await, HIDDEN));
    assert_json_snapshot!("event_types", shape(&served.ask("GET", "/event-types", None).await, HIDDEN));
    let tested = served.ask("POST", &format!("/endpoints/{id}/test"), None).await;
    assert_json_snapshot!("a_test", shape(&tested, HIDDEN));
    served.world.work().await;
    let attempts = served.ask("GET", &format!("/endpoints/{id}/attempts"), None).await;
    assert_json_snapshot!("attempts", shape(&attempts, HIDDEN));
    let rotated = served.ask("POST", &format!("/endpoints/{id}/rotate-secret"), None).await;
    assert_json_snapshot!("a_new_secret", shape(&rotated, HIDDEN));
    let changed = served.ask("PATCH", &format!("/endpoints/{id}"), Some(&json!({"description": null}))).await;
    assert_json_snapshot!("a_changed_endpoint", shape(&changed, HIDDEN));
    let odd = json!({"url": "ftp://example.com", "event_types": ["no.such"]});
    assert_json_snapshot!("an_odd_endpoint", shape(&served.ask("POST", "/endpoints", Some(&odd)).await, HIDDEN));
    let nobodys = "/endpoints/00000000-0000-7000-8000-000000000001";
    assert_json_snapshot!("nobodys_endpoint", shape(&served.ask("GET", nobodys, None).await, HIDDEN));
}
