//! Whole bodies, as clients read them.

use std::sync::Arc;

use core_testing::Engine;
use core_testing::http::{FixedActors, Reply, TestServer, shape};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::world::{World, fresh};

struct Served {
    _world: World,
    server: TestServer,
}

async fn served() -> Served {
    let world = fresh(&Engine::Sqlite).await;
    let actors = FixedActors::new();
    actors.add("ada", world.ada.clone());
    let feature = Arc::new(world.files.clone());
    let server = TestServer::alone("https://example.com", &world.test, actors, feature).await.unwrap();
    Served { _world: world, server }
}

impl Served {
    async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        self.server.ask("ada", method, &format!("/api/v1/files{path}"), body).await
    }
}

#[tokio::test]
async fn workspaces_files_and_refusals_have_these_bodies() {
    let served = served().await;
    let made = served.ask("POST", "/workspaces", Some(&json!({"name": "Bricks"}))).await;
    assert_json_snapshot!("workspace", shape(&made, &[]));
    let own = format!("/workspaces/{}", made.json()["id"].as_str().unwrap());
    let text = json!({"text": "fn wall() {}\n\nfn door() {}\n"});
    let written = served.ask("PUT", &format!("{own}/content?path=src/wall.rs"), Some(&text)).await;
    assert_json_snapshot!("written", shape(&written, &[]));
    for (name, path) in [
        ("file", "/content?path=src/wall.rs&lines=1-2"),
        ("entries", "/entries?recursive=true"),
        ("matches", "/search?q=wall"),
        ("missing_file", "/content?path=none.rs"),
        ("outside", "/content?path=../../etc/passwd"),
        ("broken_pattern", "/search?q=(&regex=true"),
    ] {
        assert_json_snapshot!(name, shape(&served.ask("GET", &format!("{own}{path}"), None).await, &[]));
    }
    let again = served.ask("PUT", &format!("{own}/content?path=src/wall.rs"), Some(&text)).await;
    assert_json_snapshot!("it_exists", shape(&again, &[]));
    let several = json!({"paths": ["src/wall.rs", "none.rs"]});
    assert_json_snapshot!(
        "several_files",
        shape(&served.ask("POST", &format!("{own}/content/batch"), Some(&several)).await, &[])
    );
    let choice = served.ask("POST", &format!("{own}/choose"), Some(&json!({"prompt": "the wall"}))).await;
    assert_json_snapshot!("choices", shape(&choice, &["token"]));
}
