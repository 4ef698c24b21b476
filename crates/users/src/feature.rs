use std::sync::Arc;

use async_trait::async_trait;
use core_db::{Db, DbError, Ledger};
use core_feature::{ExportError, ExportSink, Feature};
use core_jobs::{Handler, Schedule, Subscription};
use core_kernel::{Owner, Permission, ProblemCode};
use object_store::ObjectStore;

use crate::exports::ExportService;
use crate::model::{Locale, TimeZone};
use crate::people::PeopleService;
use crate::profiles::{Defaults, ProfileService};
use crate::store::profiles;
use crate::{
    Avatars, Exports, Identities, IdentityAdministration, People, PersonalData, Profiles, UsersConfig, UsersError, erasure,
    migrations, permissions, projection,
};

/// What profiles need.
#[derive(Clone)]
pub struct Deps {
    /// The database, with its time, ids, randomness and keys.
    pub db: Db,
    /// Settings.
    pub config: UsersConfig,
    /// Who people are.
    pub identities: Arc<dyn Identities>,
    /// Where archives are kept.
    pub blobs: Arc<dyn ObjectStore>,
    /// Identities as administrators change them.
    pub administration: Arc<dyn IdentityAdministration>,
    /// Where pictures of people are kept.
    pub avatars: Arc<dyn Avatars>,
    /// Everything that any feature holds of a person.
    pub personal_data: Arc<dyn PersonalData>,
}

impl std::fmt::Debug for Deps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deps").field("config", &self.config).finish_non_exhaustive()
    }
}

/// Profiles as a feature.
#[derive(Clone)]
pub struct Users {
    db: Db,
    identities: Arc<dyn Identities>,
    personal_data: Arc<dyn PersonalData>,
    /// Profiles.
    pub profiles: Arc<dyn Profiles>,
    exporter: ExportService,
    /// Archives of what a person holds.
    pub exports: Arc<dyn Exports>,
    /// Everybody, for administrators.
    pub people: Arc<dyn People>,
}

impl std::fmt::Debug for Users {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Users").finish_non_exhaustive()
    }
}

impl Users {
    /// Puts the service together. Settings that make no sense fall back to the defaults; `UsersConfig::validate` names them.
    pub fn new(deps: Deps) -> Self {
        let locale = Locale::parse(&deps.config.locale).unwrap_or_default();
        let time_zone = TimeZone::parse(&deps.config.time_zone).unwrap_or_default();
        let service = ProfileService {
            db: deps.db.clone(),
            identities: Arc::clone(&deps.identities),
            avatars: deps.avatars,
            defaults: Defaults { locale, time_zone, units: deps.config.units },
        };
        let people = PeopleService {
            db: deps.db.clone(),
            identities: Arc::clone(&deps.identities),
            administration: deps.administration,
            profiles: service.clone(),
        };
        let exporter = ExportService { db: deps.db.clone(), blobs: deps.blobs };
        Self {
            exports: Arc::new(exporter.clone()),
            exporter,
            db: deps.db,
            identities: deps.identities,
            personal_data: deps.personal_data,
            profiles: Arc::new(service),
            people: Arc::new(people),
        }
    }
}

#[async_trait]
impl Feature for Users {
    fn name(&self) -> &'static str {
        "users"
    }

    fn permissions(&self) -> Vec<&'static Permission> {
        permissions::ALL.to_vec()
    }

    fn problem_codes(&self) -> Vec<&'static ProblemCode> {
        crate::codes::ALL.to_vec()
    }

    fn ledger(&self) -> Ledger {
        migrations::ledger()
    }

    fn jobs(&self) -> Vec<Handler> {
        let erasure = erasure::handler(Arc::clone(&self.identities), Arc::clone(&self.personal_data));
        let exports = self.exporter.jobs(&self.personal_data);
        exports.into_iter().chain([erasure]).collect()
    }

    fn schedules(&self) -> Vec<Schedule> {
        ExportService::schedules()
    }

    fn subscriptions(&self) -> Vec<Subscription> {
        let follow = |event_type| projection::subscription(event_type, Arc::clone(&self.identities));
        vec![follow("user.created"), follow("user.updated"), erasure::subscription()]
    }

    async fn export(&self, owner: Owner, sink: &mut dyn ExportSink) -> Result<(), ExportError> {
        let Some(record) = profiles::find(self.db.read(), owner).await? else { return Ok(()) };
        let row = serde_json::json!({
            "id": record.user, "email": record.email, "email_verified": record.email_verified,
            "display_name": record.display_name, "locale": record.locale.as_ref().map(Locale::as_str),
            "time_zone": record.time_zone.as_ref().map(TimeZone::as_str), "units": record.units, "metadata": record.metadata,
            "created_at": record.created_at, "updated_at": record.updated_at,
        });
        sink.row("profile", row).await
    }

    async fn erase(&self, owner: Owner) -> Result<(), DbError> {
        self.exporter.erase(owner).await.map_err(|error| match error {
            UsersError::Db(error) => error,
            other => DbError::Unavailable(sea_orm::DbErr::Custom(other.to_string())),
        })?;
        self.db.write(|tx| async move { profiles::delete(&tx, owner).await }).await
    }
}
