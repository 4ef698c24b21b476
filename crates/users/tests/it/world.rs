use std::sync::Arc;

use core_feature::Feature;
use core_jobs::{Registry, Runner, RunnerConfig};
use core_kernel::{Actor, UserId};
use core_testing::http::FixedActors;
use core_testing::{Engine, TestDb};
use object_store::ObjectStore;
use users::testing::{FixedIdentities, KeptAvatars, RecordedErasures};
use users::{Deps, Users, UsersConfig, permissions};
use uuid::Uuid;

/// Ada, who registered when the clock stood still.
pub(crate) const ADA: UserId = UserId(Uuid::from_u128(0xADA));

pub(crate) struct World {
    pub(crate) test: TestDb,
    pub(crate) users: Users,
    pub(crate) identities: Arc<FixedIdentities>,
    pub(crate) avatars: Arc<KeptAvatars>,
    pub(crate) personal_data: Arc<RecordedErasures>,
    pub(crate) blobs: Arc<dyn ObjectStore>,
}

pub(crate) async fn fresh(engine: &Engine) -> World {
    let test = TestDb::fresh(engine, vec![users::ledger()]).await.unwrap();
    let identities = Arc::new(FixedIdentities::default());
    identities.register(ADA, "ada@example.com", Some("Ada"), test.db.ambient().now());
    let personal_data = Arc::new(RecordedErasures::default());
    let avatars = Arc::new(KeptAvatars::default());
    let blobs: Arc<dyn ObjectStore> = Arc::new(object_store::memory::InMemory::new());
    let users = Users::new(Deps {
        db: test.db.clone(),
        config: UsersConfig::default(),
        identities: identities.clone(),
        blobs: blobs.clone(),
        administration: identities.clone(),
        avatars: avatars.clone(),
        personal_data: personal_data.clone(),
    });
    World { test, users, identities, avatars, personal_data, blobs }
}

impl World {
    pub(crate) fn person(&self, user: UserId) -> Actor {
        let rights = [&permissions::PROFILE_READ, &permissions::PROFILE_WRITE];
        FixedActors::person(user, &rights, self.test.db.ambient().now())
    }

    pub(crate) fn ada(&self) -> Actor {
        self.person(ADA)
    }

    /// A worker with the jobs and subscriptions of this crate alone.
    pub(crate) fn worker(&self) -> Runner {
        let mut registry = Registry::default();
        for handler in self.users.jobs() {
            registry.handler(handler).unwrap();
        }
        for schedule in self.users.schedules() {
            registry.schedule(schedule).unwrap();
        }
        for subscription in self.users.subscriptions() {
            registry.subscription(subscription).unwrap();
        }
        Runner::new(self.test.db.clone(), registry, RunnerConfig::default())
    }
}
