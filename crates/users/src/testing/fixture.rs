use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use core_http::Installed;
use core_kernel::Actor;
use core_testing::http::contract::{Fixture, Planted, Sample, World};
use serde_json::json;

use super::{FixedIdentities, RecordedErasures};
use crate::{Change, Deps, Identities as _, ProfileChange, Users, UsersConfig};

/// Profiles under the contract suite.
#[derive(Debug)]
pub struct UsersFixture {
    users: Arc<Users>,
    identities: Arc<FixedIdentities>,
    world: World,
    planted: AtomicU64,
}

impl UsersFixture {
    /// Profiles over stand-ins of their ports.
    pub fn new(world: World) -> Self {
        let identities = Arc::new(FixedIdentities::default());
        let users = Arc::new(Users::new(Deps {
            db: world.db.clone(),
            config: UsersConfig::default(),
            identities: identities.clone(),
            personal_data: Arc::new(RecordedErasures::default()),
        }));
        Self { users, identities, world, planted: AtomicU64::new(0) }
    }
}

#[async_trait]
impl Fixture for UsersFixture {
    fn feature(&self) -> Arc<dyn Installed> {
        self.users.clone()
    }

    #[expect(clippy::expect_used, reason = "a fixture that can't plant fails its test")]
    async fn plant(&self, actor: &Actor) -> Planted {
        let known = self.identities.find(actor.subject).await.expect("a lookup in memory");
        if known.is_none() {
            let email = format!("{}@example.com", actor.subject);
            self.identities.register(actor.subject, &email, Some("Somebody"), self.world.ambient.now());
        }
        let number = self.planted.fetch_add(1, Ordering::SeqCst);
        let canary = format!("canary-of-users-{number}-");
        let metadata = [(format!("note-{number}"), json!(canary))].into_iter().collect();
        let change = ProfileChange { metadata: Change::Set(metadata), ..ProfileChange::default() };
        self.users.profiles.update(actor, change, None).await.expect("a profile that can be changed");
        Planted { canary, ..Planted::default() }
    }

    fn request_for(&self, operation_id: &str, _planted: &Planted) -> Option<Sample> {
        match operation_id {
            "get_own_profile" | "close_own_account" => Some(Sample::new()),
            "update_own_profile" => Some(Sample::new().json(json!({
                "display_name": "Ada", "locale": "de-CH", "time_zone": "Europe/Zurich", "units": "imperial",
                "metadata": {"theme": "dark"},
            }))),
            _ => None,
        }
    }
}
