use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use core_cluster::Cluster;
use core_db::{Db, DbError, Ledger};
use core_egress::Egress;
use core_feature::{ExportError, ExportSink, Feature};
use core_jobs::{EventType, Handler, Schedule};
use core_kernel::{Owner, Permission, ProblemCode, UserId};
use moka::sync::Cache;
use serde_json::json;

use crate::accounts::{AuthorizationService, ConnectionService, Prober, TokenClient, Vault};
use crate::creations::{self, CreationService, OperationService, Reconciler};
use crate::hooks::{self, IncomingHooks};
use crate::operation::OperationKind;
use crate::resolving::LinkService;
use crate::vendor::{Hosts, Pacer, Transport};
use crate::{
    Authorizations, Connections, Creations, IntegrationsConfig, Links, Operations, Pause, codes, migrations, permissions, privacy,
};

/// How long what a project wants to know is remembered.
const METADATA_LIFE: Duration = Duration::from_mins(10);

/// What integrations need.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The database, with its time, ids, randomness and keys.
    pub db: Db,
    /// Settings.
    pub config: IntegrationsConfig,
    /// The way out.
    pub egress: Egress,
    /// What replicas share.
    pub cluster: Cluster,
    /// Where clients reach this server: providers send people back to it.
    pub public_url: String,
    /// How to wait; [`crate::RealPause`].
    pub pause: Arc<dyn Pause>,
}

/// Integrations as a feature.
#[derive(Clone)]
pub struct Integrations {
    /// Connected accounts.
    pub connections: Arc<dyn Connections>,
    /// Connecting by OAuth.
    pub authorizations: Arc<dyn Authorizations>,
    /// What is made through them.
    pub creations: Arc<dyn Creations>,
    /// The ledger of what was made.
    pub operations: Arc<dyn Operations>,
    /// Links to providers.
    pub links: Arc<dyn Links>,
    /// What providers tell by themselves.
    pub incoming: IncomingHooks,
    db: Db,
    reconciler: Reconciler,
}

impl std::fmt::Debug for Integrations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Integrations").finish_non_exhaustive()
    }
}

impl Integrations {
    /// Puts the services together.
    pub fn new(deps: Deps) -> Self {
        let (db, config) = (deps.db, Arc::new(deps.config));
        let clock = Arc::clone(&db.ambient().clock);
        let max_wait = Duration::from_secs(config.max_wait_seconds);
        let pacer = Pacer::new(deps.cluster.clone(), Arc::clone(&clock), deps.pause, max_wait);
        let transport = Transport::new(deps.egress, clock, config.timeout(), pacer);
        let hosts = Hosts { config: Arc::clone(&config) };
        let vault = Vault::new(db.clone(), hosts.clone(), transport.clone());
        let prober = Prober { hosts: hosts.clone(), transport: transport.clone() };
        let connections = ConnectionService { db: db.clone(), vault: vault.clone(), prober };
        let links = LinkService { db: db.clone(), vault: vault.clone(), config: Arc::clone(&config) };
        let incoming = IncomingHooks::new(db.clone(), &deps.public_url);
        let authorizations = AuthorizationService {
            config: Arc::clone(&config),
            public_url: deps.public_url,
            cluster: deps.cluster.clone(),
            tokens: TokenClient { hosts, transport },
            connections: connections.clone(),
        };
        let ledger = creations::Ledger { db: db.clone(), settle: config.settle() };
        let metadata = Cache::builder().max_capacity(1000).time_to_live(METADATA_LIFE).build();
        let creations = CreationService { ledger: ledger.clone(), vault: vault.clone(), cluster: deps.cluster, metadata };
        Self {
            connections: Arc::new(connections),
            authorizations: Arc::new(authorizations),
            creations: Arc::new(creations),
            operations: Arc::new(OperationService { db: db.clone() }),
            links: Arc::new(links),
            incoming,
            reconciler: Reconciler { ledger, vault },
            db,
        }
    }
}

fn confirmed_example() -> serde_json::Value {
    let by = uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);
    creations::confirmed_data(OperationKind::JiraIssue, by, &json!("https://acme.atlassian.net/browse/BRICK-1"))
}

#[async_trait]
impl Feature for Integrations {
    fn name(&self) -> &'static str {
        "integrations"
    }

    fn permissions(&self) -> Vec<&'static Permission> {
        permissions::ALL.to_vec()
    }

    fn problem_codes(&self) -> Vec<&'static ProblemCode> {
        [codes::ALL, hooks::codes::ALL].concat()
    }

    fn ledger(&self) -> Ledger {
        migrations::ledger()
    }

    fn jobs(&self) -> Vec<Handler> {
        [vec![self.reconciler.handler()], self.incoming.jobs()].concat()
    }

    fn schedules(&self) -> Vec<Schedule> {
        IncomingHooks::schedules()
    }

    fn events(&self) -> Vec<EventType> {
        let summary = "A file, page or issue was made through a connection.";
        let confirmed = EventType { name: creations::CONFIRMED, version: 1, summary, example: confirmed_example };
        [vec![confirmed], IncomingHooks::events()].concat()
    }

    async fn export(&self, owner: Owner, sink: &mut dyn ExportSink) -> Result<(), ExportError> {
        privacy::export(&self.db, owner, sink).await?;
        self.incoming.export(owner, sink).await
    }

    async fn erase(&self, owner: Owner) -> Result<(), DbError> {
        privacy::erase(&self.db, owner).await?;
        self.incoming.erase(owner).await
    }

    async fn forget_member(&self, user: UserId) -> Result<(), DbError> {
        privacy::forget_member(&self.db, user).await?;
        self.incoming.forget_member(user).await
    }
}
