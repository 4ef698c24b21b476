use std::sync::Arc;

use async_trait::async_trait;
use core_db::{Db, DbError, Ledger};
use core_egress::Egress;
use core_feature::{ExportError, ExportSink, Feature};
use core_jobs::{EventType, Handler, Schedule, Subscription};
use core_kernel::{Owner, Permission, ProblemCode, UserId};

use crate::attempts::AttemptService;
use crate::courier::Courier;
use crate::delivery::{DISABLED, Deliverer, disabled_example};
use crate::endpoints::EndpointService;
use crate::{Attempts, Endpoints, EventCatalogue, Stewards, WebhooksConfig};
use crate::{codes, fan_out, migrations, permissions, privacy, sweeping};

/// What webhooks need.
#[derive(Clone)]
pub struct Deps {
    /// The database, with its time, ids, randomness and keys.
    pub db: Db,
    /// Settings.
    pub config: WebhooksConfig,
    /// The way out; endpoints are user targets.
    pub egress: Egress,
    /// What there is to send. The root fills it in once all features are there.
    pub catalogue: EventCatalogue,
    /// Who is told when deliveries stop.
    pub stewards: Arc<dyn Stewards>,
}

impl std::fmt::Debug for Deps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deps").field("config", &self.config).finish_non_exhaustive()
    }
}

/// Outgoing webhooks as a feature.
#[derive(Clone)]
pub struct Webhooks {
    /// Endpoints.
    pub endpoints: Arc<dyn Endpoints>,
    /// How deliveries went.
    pub attempts: Arc<dyn Attempts>,
    catalogue: EventCatalogue,
    deliverer: Deliverer,
}

impl std::fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhooks").finish_non_exhaustive()
    }
}

impl Webhooks {
    /// Puts the services together.
    pub fn new(deps: Deps) -> Self {
        let Deps { db, config, egress, catalogue, stewards } = deps;
        let courier = Courier { db: db.clone(), egress, timeout: config.timeout() };
        let endpoints =
            EndpointService { db: db.clone(), config: config.clone(), catalogue: catalogue.clone(), courier: courier.clone() };
        Self {
            endpoints: Arc::new(endpoints),
            attempts: Arc::new(AttemptService { db: db.clone() }),
            catalogue,
            deliverer: Deliverer { db, config, courier, stewards },
        }
    }
}

#[async_trait]
impl Feature for Webhooks {
    fn name(&self) -> &'static str {
        "webhooks"
    }

    fn permissions(&self) -> Vec<&'static Permission> {
        permissions::ALL.to_vec()
    }

    fn problem_codes(&self) -> Vec<&'static ProblemCode> {
        codes::ALL.to_vec()
    }

    fn ledger(&self) -> Ledger {
        migrations::ledger()
    }

    fn jobs(&self) -> Vec<Handler> {
        vec![self.deliverer.handler(), sweeping::handler(&self.deliverer.db, &self.deliverer.config)]
    }

    fn schedules(&self) -> Vec<Schedule> {
        sweeping::schedules()
    }

    fn events(&self) -> Vec<EventType> {
        let summary = "The server stopped sending to an endpoint that is gone or failed for too long.";
        vec![EventType { name: DISABLED, version: 1, summary, example: disabled_example }]
    }

    fn subscriptions(&self) -> Vec<Subscription> {
        fan_out::subscriptions(&self.deliverer.db, &self.catalogue)
    }

    async fn export(&self, owner: Owner, sink: &mut dyn ExportSink) -> Result<(), ExportError> {
        privacy::export(&self.deliverer.db, owner, sink).await
    }

    async fn erase(&self, owner: Owner) -> Result<(), DbError> {
        privacy::erase(&self.deliverer.db, owner).await
    }

    async fn forget_member(&self, user: UserId) -> Result<(), DbError> {
        privacy::forget_member(&self.deliverer.db, user).await
    }
}
