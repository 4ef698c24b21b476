use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use core_db::DbError;
use core_feature::Feature as _;
use core_http::Installed;
use core_jobs::{Registry, Runner, RunnerConfig};
use core_kernel::Actor;
use core_testing::http::contract::{Fixture, Planted, Sample, World};
use serde_json::json;

use super::{FixedIdentities, RecordedErasures};
use crate::{Change, Deps, Identities as _, IdentityAdministration as _, ProfileChange, Users, UsersConfig};

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
            blobs: Arc::new(object_store::memory::InMemory::new()),
            administration: identities.clone(),
            avatars: Arc::new(super::KeptAvatars::default()),
            personal_data: Arc::new(RecordedErasures::default()),
        }));
        Self { users, identities, world, planted: AtomicU64::new(0) }
    }
}

impl UsersFixture {
    /// Runs the jobs of this crate that are due.
    async fn work(&self) -> Result<(), DbError> {
        let mut registry = Registry::default();
        // A name that is taken would be a bug of this crate, which its worker finds.
        drop(self.users.jobs().into_iter().try_for_each(|handler| registry.handler(handler)));
        Runner::new(self.world.db.clone(), registry, RunnerConfig::default()).drain().await.map(drop)
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
        // Whom an administrator acts on: somebody else, once for each who acts.
        let other = format!("other-{number}@example.com");
        let other = self.identities.create(actor, &other, Some("Other")).await.expect("a free address");
        self.users.profiles.of(other.id).await.expect("a profile that can be made");
        let export = self.users.exports.start(actor).await.expect("an export that can be queued");
        self.work().await.expect("jobs that can be run");
        let rows = [("export", export.id.to_string()), ("other", other.id.to_string()), ("number", number.to_string())]
            .into_iter()
            .collect();
        Planted { canary, rows, ..Planted::default() }
    }

    fn request_for(&self, operation_id: &str, planted: &Planted) -> Option<Sample> {
        match operation_id {
            "get_own_profile" | "remove_own_avatar" | "close_own_account" | "start_own_export" | "list_own_exports" => {
                Some(Sample::new())
            }
            "set_own_avatar" => {
                let form = "--b\r\ncontent-disposition: form-data; name=\"image\"; filename=\"me.png\"\r\ncontent-type: \
                            image/png\r\n\r\nbytes\r\n--b--\r\n";
                Some(Sample::new().raw("multipart/form-data; boundary=b", form))
            }
            "update_own_profile" => Some(Sample::new().json(json!({
                "display_name": "Ada", "locale": "de-CH", "time_zone": "Europe/Zurich", "units": "imperial",
                "metadata": {"theme": "dark"},
            }))),
            "get_own_export" | "download_own_export" => Some(Sample::new().path("id", planted.row("export"))),
            "list_users" => Some(Sample::new().query("query=example&status=active")),
            "create_user" => {
                let email = format!("new-{}@example.com", planted.row("number"));
                Some(Sample::new().json(json!({"email": email, "display_name": "New"})))
            }
            "update_user" => Some(Sample::new().path("id", planted.row("other")).json(json!({
                "display_name": "Other", "locale": "de-CH", "time_zone": "Europe/Zurich", "units": "metric",
            }))),
            "get_user" | "erase_user" | "suspend_user" | "reactivate_user" => {
                Some(Sample::new().path("id", planted.row("other")))
            }
            _ => None,
        }
    }
}
