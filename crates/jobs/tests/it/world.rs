use core_db::DbError;
use core_feature::Feature;
use core_jobs::{
    EnqueueOptions, Handler, Job, JobFailure, JobId, NewEvent, Registry, Runner, RunnerConfig, enqueue_with, publish,
};
use core_kernel::{Actor, Owner, UserId};
use core_testing::http::FixedActors;
use core_testing::{Engine, TestDb};
use jobs::{Deps, Jobs, JobsConfig, permissions};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

pub(crate) const ADA: UserId = UserId(Uuid::from_u128(0xADA));
pub(crate) const BOB: UserId = UserId(Uuid::from_u128(0xB0B));
pub(crate) const ACME: Owner = Owner(Uuid::from_u128(77));

/// A job that succeeds when `sound`, else gives up at its second try.
#[derive(Serialize, Deserialize)]
pub(crate) struct Brew {
    pub(crate) sound: bool,
}

impl Job for Brew {
    const NAME: &'static str = "test.brew";
    const MAX_ATTEMPTS: i32 = 1;
}

pub(crate) struct World {
    pub(crate) test: TestDb,
    pub(crate) jobs: Jobs,
}

pub(crate) async fn fresh(engine: &Engine) -> World {
    let test = TestDb::fresh(engine, Vec::new()).await.unwrap();
    let config = JobsConfig { feed_poll_ms: 50, ..JobsConfig::default() };
    let jobs = Jobs::new(Deps { db: test.db.clone(), config });
    World { test, jobs }
}

impl World {
    pub(crate) fn person(&self, user: UserId) -> Actor {
        FixedActors::person(user, &[&permissions::EVENTS_READ], self.test.db.ambient().now())
    }

    pub(crate) fn in_acme(&self, user: UserId) -> Actor {
        Actor { owner: ACME, ..self.person(user) }
    }

    pub(crate) fn administrator(&self) -> Actor {
        let rights = [&permissions::EVENTS_READ, &permissions::MANAGE];
        FixedActors::person(UserId(Uuid::from_u128(1)), &rights, self.test.db.ambient().now())
    }

    pub(crate) fn worker(&self) -> Runner {
        let mut registry = Registry::default();
        let brew = Handler::new::<Brew, _, _>(|_, brew| {
            std::future::ready(if brew.sound { Ok(()) } else { Err(JobFailure::fatal("the kettle is broken")) })
        });
        registry.handler(brew).unwrap();
        for handler in self.jobs.jobs() {
            registry.handler(handler).unwrap();
        }
        for schedule in self.jobs.schedules() {
            registry.schedule(schedule).unwrap();
        }
        Runner::new(self.test.db.clone(), registry, RunnerConfig::default())
    }

    pub(crate) async fn work(&self) {
        self.worker().drain().await.unwrap();
    }

    pub(crate) async fn enqueue(&self, sound: bool, options: EnqueueOptions) -> JobId {
        let queued: Result<_, DbError> = self
            .test
            .db
            .write(|tx| {
                let options = options.clone();
                async move { enqueue_with(&tx, &Brew { sound }, options).await }
            })
            .await;
        queued.unwrap().unwrap()
    }

    /// Publishes an event and gives it its place.
    pub(crate) async fn happen(&self, owner: Owner, r#type: &'static str, data: Value) {
        self.happen_together(&[owner], r#type, data).await;
    }

    /// Publishes an event of each owner in one unit of work and gives them their places.
    pub(crate) async fn happen_together(&self, owners: &[Owner], r#type: &'static str, data: Value) {
        let published: Result<_, DbError> = self
            .test
            .db
            .write(|tx| {
                let data = &data;
                async move {
                    for owner in owners {
                        let subject = Uuid::from_u128(5);
                        publish(&tx, NewEvent { r#type, version: 1, owner: *owner, subject, data: data.clone() }).await?;
                    }
                    Ok(())
                }
            })
            .await;
        published.unwrap();
        self.work().await;
    }
}
