use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use core_feature::Feature as _;
use core_http::Api;
use core_jobs::{Registry, Runner, RunnerConfig};
use core_kernel::{Actor, UserId};
use core_testing::http::{FixedActors, Reply, TestServer};
use core_testing::{Engine, TestDb};
use futures_util::TryStreamExt as _;
use object_store::ObjectStore as _;
use object_store::memory::InMemory;
use serde_json::Value;
use uuid::Uuid;
use vision::testing::{FixedForms, FixedFormulas, FixedModel, FixedPhotos};
use vision::{Deps, Kind, PhotoFile, PhotoSource, PoseEstimator, Submission, SubmittedPhoto, Vision, VisionConfig, permissions};

pub(crate) const ADA: UserId = UserId(Uuid::from_u128(0xADA));

/// A server with vision alone.
pub(crate) struct World {
    pub(crate) test: TestDb,
    pub(crate) vision: Vision,
    pub(crate) model: Arc<FixedModel>,
    pub(crate) formulas: Arc<FixedFormulas>,
    pub(crate) server: TestServer,
    blobs: Arc<InMemory>,
}

pub(crate) async fn fresh(engine: &Engine, model: FixedModel) -> World {
    fresh_with_pose(engine, model, None).await
}

pub(crate) async fn fresh_with_pose(engine: &Engine, model: FixedModel, pose: Option<Arc<dyn PoseEstimator>>) -> World {
    let test = TestDb::fresh(engine, vec![vision::ledger()]).await.unwrap();
    let (model, formulas, blobs) = (Arc::new(model), Arc::new(FixedFormulas::default()), Arc::new(InMemory::new()));
    let vision = Vision::new(Deps {
        db: test.db.clone(),
        config: VisionConfig::default(),
        blobs: blobs.clone(),
        photos: Some(Arc::new(FixedPhotos)),
        model: Some(model.clone()),
        formulas: Some(formulas.clone()),
        forms: Some(Arc::new(FixedForms)),
        pose,
    });
    let actors = FixedActors::new();
    actors.add("ada", FixedActors::person(ADA, &permissions::ALL, test.db.ambient().now()));
    let deps = TestServer::deps(&test, actors);
    let api = Api::builder(TestServer::settings(), deps).install(Arc::new(vision.clone())).build().unwrap();
    let server = TestServer::start(api).await.unwrap();
    World { test, vision, model, formulas, server, blobs }
}

/// A file that says this.
pub(crate) fn photo(content: &[u8]) -> SubmittedPhoto {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(content).unwrap();
    SubmittedPhoto { source: PhotoSource::File(PhotoFile { file, declared: None }), view: None, landmarks: Vec::new() }
}

pub(crate) fn submission(kind: Kind, photos: Vec<SubmittedPhoto>) -> Submission {
    Submission { kind, photos, profile: None, prompt: None, consent: true, retain_days: None, blur_head: false }
}

impl World {
    pub(crate) fn ada(&self) -> Actor {
        FixedActors::person(ADA, &permissions::ALL, self.test.db.ambient().now())
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: Value) -> Reply {
        self.server.request(method, &format!("/api/v1/vision{path}")).bearer("ada").json(&body).send().await
    }

    fn runner(&self, schedules: bool) -> Runner {
        let mut registry = Registry::default();
        for handler in self.vision.jobs() {
            registry.handler(handler).unwrap();
        }
        for schedule in self.vision.schedules().into_iter().filter(|_| schedules) {
            registry.schedule(schedule).unwrap();
        }
        Runner::new(self.test.db.clone(), registry, RunnerConfig::default())
    }

    /// Runs the jobs that are due.
    pub(crate) async fn work(&self) {
        self.runner(false).drain().await.unwrap();
    }

    /// Runs the jobs that are due in an hour.
    pub(crate) async fn later(&self) {
        self.test.clock.advance(Duration::from_hours(1));
        self.work().await;
    }

    /// Runs what is scheduled, twice: the first time a schedule is only learned.
    pub(crate) async fn sweep(&self) {
        for _ in 0..2 {
            self.runner(true).drain().await.unwrap();
            self.test.clock.advance(Duration::from_hours(1));
        }
        self.runner(true).drain().await.unwrap();
    }

    pub(crate) async fn stored_photos(&self) -> usize {
        let all: Vec<_> = self.blobs.list(None).try_collect().await.unwrap();
        all.len()
    }
}
