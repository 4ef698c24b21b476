use std::sync::Arc;

use core_http::{Api, ApiBuilder, HttpSettings};
use core_kernel::UserId;
use core_testing::http::{FixedActors, Reply, TestServer};
use core_testing::{Engine, TestDb};
use uuid::Uuid;

use crate::demo::{Demo, Notes, READ, WRITE};

/// A server with the demo feature, the caller `alice` who may read and write, and `bob` who may only read.
pub(crate) struct World {
    pub(crate) server: TestServer,
    pub(crate) notes: Arc<Notes>,
    pub(crate) db: TestDb,
}

pub(crate) fn builder(db: &TestDb, settings: HttpSettings, actors: FixedActors) -> ApiBuilder {
    let deps = TestServer::deps(db, actors);
    Api::builder(settings, deps)
}

pub(crate) async fn world() -> World {
    world_with(TestServer::settings()).await
}

pub(crate) async fn world_with(settings: HttpSettings) -> World {
    let db = TestDb::fresh(&Engine::Sqlite, Vec::new()).await.unwrap();
    let now = db.db.ambient().now();
    let actors = FixedActors::new();
    let alice = FixedActors::person(UserId(Uuid::from_u128(0xA11CE)), &[&READ, &WRITE], now);
    actors.add_in_org("alice", Uuid::from_u128(77), alice.clone());
    actors.add("alice", alice);
    actors.add("bob", FixedActors::person(UserId(Uuid::from_u128(0xB0B)), &[&READ], now));
    let notes = Arc::new(Notes::default());
    let demo = Arc::new(Demo { notes: Arc::clone(&notes), extra: Vec::new() });
    let api = builder(&db, settings, actors).install(demo).build().unwrap();
    World { server: TestServer::start(api).await.unwrap(), notes, db }
}

impl World {
    pub(crate) async fn create(&self, title: &str) -> Reply {
        self.server.post("/api/v1/notes").bearer("alice").json(&serde_json::json!({ "title": title })).send().await
    }
}
