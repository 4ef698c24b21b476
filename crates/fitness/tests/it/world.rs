use std::sync::Arc;

use core_feature::Feature as _;
use core_http::Api;
use core_jobs::{Registry, Runner, RunnerConfig};
use core_kernel::{Actor, UserId};
use core_testing::http::{FixedActors, Reply, TestServer};
use core_testing::{Engine, TestDb};
use fitness::testing::FixedWriter;
use fitness::{Deps, Fitness, permissions};
use serde_json::Value;
use uuid::Uuid;

pub(crate) const ADA: UserId = UserId(Uuid::from_u128(0xADA));

/// A server with fitness alone.
pub(crate) struct World {
    pub(crate) test: TestDb,
    pub(crate) fitness: Fitness,
    pub(crate) writer: Arc<FixedWriter>,
    pub(crate) server: TestServer,
}

pub(crate) async fn fresh(engine: &Engine) -> World {
    let test = TestDb::fresh(engine, vec![fitness::ledger()]).await.unwrap();
    let writer = Arc::new(FixedWriter::default());
    let fitness = Fitness::new(Deps {
        db: test.db.clone(),
        blobs: Arc::new(object_store::memory::InMemory::new()),
        media: None,
        writer: Some(writer.clone()),
    });
    let actors = FixedActors::new();
    actors.add("ada", FixedActors::person(ADA, &permissions::ALL, test.db.ambient().now()));
    let deps = TestServer::deps(&test, actors);
    let api = Api::builder(TestServer::settings(), deps).install(Arc::new(fitness.clone())).build().unwrap();
    let server = TestServer::start(api).await.unwrap();
    World { test, fitness, writer, server }
}

impl World {
    pub(crate) fn ada(&self) -> Actor {
        FixedActors::person(ADA, &permissions::ALL, self.test.db.ambient().now())
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.server.get(&format!("/api/v1/fitness{path}")).bearer("ada").send().await
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: Value) -> Reply {
        self.server.request(method, &format!("/api/v1/fitness{path}")).bearer("ada").json(&body).send().await
    }

    /// Runs the jobs that are due.
    pub(crate) async fn work(&self) {
        let mut registry = Registry::default();
        for handler in self.fitness.jobs() {
            registry.handler(handler).unwrap();
        }
        Runner::new(self.test.db.clone(), registry, RunnerConfig::default()).drain().await.unwrap();
    }
}
