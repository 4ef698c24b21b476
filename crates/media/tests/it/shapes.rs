//! Whole bodies, as clients read them.

use std::sync::Arc;

use core_testing::Engine;
use core_testing::http::{FixedActors, FormFile, Reply, TestServer, shape};
use insta::assert_json_snapshot;
use media::testing::photo;
use serde_json::{Value, json};

use crate::world::{World, fresh};

/// What follows from pixels, which differ in a last bit from processor to processor.
const PIXELS: &[&str] = &["bytes", "stored_bytes", "sha256", "thumbhash", "dominant_color"];

/// The same, and links with their tokens.
const PIXELS_AND_LINKS: &[&str] = &["bytes", "stored_bytes", "sha256", "thumbhash", "dominant_color", "url"];

struct Served {
    _world: World,
    server: TestServer,
}

async fn served() -> Served {
    let world = fresh(&Engine::Sqlite).await;
    let actors = FixedActors::new();
    actors.add("ada", world.ada());
    let feature = Arc::new(world.media.clone());
    let server = TestServer::alone("https://example.com", &world.test, actors, feature).await.unwrap();
    Served { _world: world, server }
}

impl Served {
    async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        self.server.ask("ada", method, &format!("/api/v1/media{path}"), body).await
    }

    async fn send(&self, texts: &[(&str, &str)], bytes: &[u8]) -> Reply {
        self.server.post("/api/v1/media").bearer("ada").form(texts, &[FormFile::jpeg("file", bytes)]).send().await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pictures_links_and_refusals_have_these_bodies() {
    let served = served().await;
    let made = served.send(&[("purpose", "progress"), ("alt", "From the side")], &photo(400, 300)).await;
    assert_json_snapshot!("picture", shape(&made, PIXELS));
    let id = made.json()["id"].as_str().unwrap().to_owned();
    assert_json_snapshot!("pictures", shape(&served.ask("GET", "", None).await, PIXELS));
    let changed = served.ask("PATCH", &format!("/{id}"), Some(&json!({"alt": null}))).await;
    assert_json_snapshot!("a_changed_picture", shape(&changed, PIXELS));
    let link = served.ask("POST", &format!("/{id}/links"), Some(&json!({"variant": "thumb", "expires_in": 60}))).await;
    assert_json_snapshot!("link", shape(&link, PIXELS_AND_LINKS));
    let rules = json!({"value": {"items": [{"picture_id": id}]}, "rules": [{"id_pointer": "/items/*/picture_id", "target": "/items/*/picture"}]});
    assert_json_snapshot!("attached", shape(&served.ask("POST", "/attach", Some(&rules)).await, PIXELS_AND_LINKS));
    assert_json_snapshot!("no_picture", shape(&served.send(&[], b"plain text").await, &[]));
    let odd = served.ask("POST", &format!("/{id}/links"), Some(&json!({"variant": "huge", "expires_in": 0}))).await;
    assert_json_snapshot!("an_odd_link", shape(&odd, &[]));
    let nobodys = served.ask("GET", "/00000000-0000-7000-8000-000000000001", None).await;
    assert_json_snapshot!("nobodys_picture", shape(&nobodys, &[]));
}
