use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use core_db::DbError;
use core_http::Installed;
use core_jobs::{EnqueueOptions, Job, JobId, NewEvent, Registry, Runner, RunnerConfig, admin, enqueue_with, publish};
use core_kernel::Actor;
use core_testing::http::contract::{Fixture, Planted, Sample, World};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{Deps, Jobs, JobsConfig};

/// The queue and the feed under the contract suite.
#[derive(Debug)]
pub struct JobsFixture {
    jobs: Arc<Jobs>,
    world: World,
    planted: AtomicU64,
}

impl JobsFixture {
    /// A queue and a feed that ends after a second, so that the suite sees whole answers.
    pub fn new(world: World) -> Self {
        let config = JobsConfig { feed_seconds: 1, ..JobsConfig::default() };
        let jobs = Arc::new(Jobs::new(Deps { db: world.db.clone(), config }));
        Self { jobs, world, planted: AtomicU64::new(0) }
    }

    async fn enqueue(&self, actor: &Actor) -> Result<JobId, DbError> {
        // Not before next year: no worker takes it while the suite looks at it.
        let run_at = Some(self.world.ambient.now().plus(Duration::from_hours(24 * 365)));
        let options = EnqueueOptions { run_at, owner: Some(actor.owner), ..EnqueueOptions::default() };
        let queued = self.world.db.write(|tx| {
            let options = options.clone();
            async move { enqueue_with(&tx, &Planned {}, options).await }
        });
        queued.await?.ok_or(DbError::NotFound)
    }

    async fn publish(&self, actor: &Actor, canary: &str) -> Result<(), DbError> {
        let data = json!({"note": canary, "created_by": actor.subject});
        let event = NewEvent { r#type: "test.planted", version: 1, owner: actor.owner, subject: actor.subject.get(), data };
        let published = self.world.db.write(|tx| {
            let event = event.clone();
            async move { publish(&tx, event).await }
        });
        published.await?;
        // Gives the event its place, without which no feed has it.
        let runner = Runner::new(self.world.db.clone(), Registry::default(), RunnerConfig::default());
        runner.drain().await.map(drop)
    }
}

/// A job that never runs.
#[derive(Serialize, Deserialize)]
struct Planned {}

impl Job for Planned {
    const NAME: &'static str = "test.planned";
}

#[async_trait]
impl Fixture for JobsFixture {
    fn feature(&self) -> Arc<dyn Installed> {
        self.jobs.clone()
    }

    #[expect(clippy::expect_used, reason = "a fixture that can't plant fails its test")]
    async fn plant(&self, actor: &Actor) -> Planted {
        let number = self.planted.fetch_add(1, Ordering::SeqCst);
        let canary = format!("canary-of-jobs-{number}-");
        self.publish(actor, &canary).await.expect("an event that can be published");
        let waiting = self.enqueue(actor).await.expect("a job that can be queued");
        let cancelled = self.enqueue(actor).await.expect("a job that can be queued");
        admin::cancel(&self.world.db, cancelled).await.expect("a job that can be called off");
        let rows = [("waiting", waiting.to_string()), ("cancelled", cancelled.to_string())].into_iter().collect();
        Planted { rows, canary, ..Planted::default() }
    }

    fn request_for(&self, operation_id: &str, planted: &Planted) -> Option<Sample> {
        match operation_id {
            "list_jobs" => Some(Sample::new().query("state=ready")),
            "get_job" | "cancel_job" => Some(Sample::new().path("id", planted.row("waiting"))),
            "retry_job" => Some(Sample::new().path("id", planted.row("cancelled"))),
            "follow_events" => Some(Sample::new().header("last-event-id", "0")),
            _ => None,
        }
    }
}
