use std::sync::Arc;
use std::time::Duration;

use core_cluster::Cluster;
use core_egress::{Egress, EgressConfig};
use core_feature::Feature;
use core_jobs::{Registry, Runner, RunnerConfig};
use core_kernel::{Actor, DomainError, Secret, UserId, Visibility};
use core_testing::http::FixedActors;
use core_testing::{Engine, FrozenClock, TestDb};
use integrations::testing::{ClockPause, VendorUrls};
use integrations::{
    Connection, Deps, Integrations, IntegrationsConfig, IntegrationsError, NewConnection, NewCredentials, OperationKey, Pause,
    Provider, Settings, permissions,
};
use mock_vendors::MockVendors;
use uuid::Uuid;

/// Integrations in two processes on one database, with stand-ins of the providers on its clock.
pub(crate) struct World {
    pub(crate) test: TestDb,
    pub(crate) vendors: MockVendors,
    pub(crate) integrations: Integrations,
    /// Another process, with a memory of its own.
    pub(crate) other: Integrations,
}

pub(crate) async fn fresh(engine: &Engine) -> World {
    with(engine, |_config| {}).await
}

pub(crate) async fn with(engine: &Engine, change: impl FnOnce(&mut IntegrationsConfig)) -> World {
    with_pause(engine, change, |clock| Arc::new(ClockPause(clock))).await
}

/// Moves the clock, and lets what really happens elsewhere have some time.
#[derive(Debug)]
pub(crate) struct Unhurried(pub(crate) Arc<FrozenClock>);

#[async_trait::async_trait]
impl Pause for Unhurried {
    async fn pause(&self, time: Duration) {
        self.0.advance(time + Duration::from_micros(999));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub(crate) async fn with_pause(
    engine: &Engine,
    change: impl FnOnce(&mut IntegrationsConfig),
    pause: impl Fn(Arc<FrozenClock>) -> Arc<dyn Pause>,
) -> World {
    let test = TestDb::fresh(engine, vec![integrations::ledger()]).await.unwrap();
    let vendors = MockVendors::start(test.clock.clone()).await.unwrap();
    let urls = VendorUrls {
        github: vendors.github.base_url().to_owned(),
        notion: vendors.notion.base_url().to_owned(),
        jira: vendors.jira.base_url().to_owned(),
    };
    let mut config = urls.config();
    config.timeout_ms = 5_000;
    change(&mut config);
    let deps = || Deps {
        db: test.db.clone(),
        config: config.clone(),
        egress: Egress::new(EgressConfig::default()).unwrap(),
        cluster: Cluster::in_memory(test.clock.clone()),
        public_url: "https://api.example".to_owned(),
        pause: pause(test.clock.clone()),
    };
    let (integrations, other) = (Integrations::new(deps()), Integrations::new(deps()));
    World { test, vendors, integrations, other }
}

/// The stable word of what was refused.
pub(crate) fn code<T>(outcome: &Result<T, IntegrationsError>) -> &'static str {
    match outcome {
        Ok(_) => "ok",
        Err(error) => error.code().code,
    }
}

pub(crate) fn key(text: &str) -> OperationKey {
    OperationKey { scope: "user:ada POST /x".to_owned(), key: text.to_owned() }
}

impl World {
    pub(crate) fn person(&self, number: u128) -> Actor {
        FixedActors::person(UserId(Uuid::from_u128(0xA000 + number)), &permissions::ALL, self.test.db.ambient().now())
    }

    pub(crate) async fn connect(
        &self,
        actor: &Actor,
        provider: Provider,
        credentials: NewCredentials,
        settings: Settings,
    ) -> Connection {
        let new = NewConnection { provider, credentials, settings, name: None, visibility: Visibility::Private };
        self.integrations.connections.create(actor, new).await.unwrap()
    }

    pub(crate) async fn github(&self, actor: &Actor) -> Connection {
        self.vendors.github.create_repository("ada/engine");
        let settings = Settings { repository: Some("ada/engine".to_owned()), ..Settings::default() };
        self.connect(actor, Provider::Github, token("ghp_test"), settings).await
    }

    /// A connection to Notion whose pages go under one that is shared with it; gives that page's id.
    pub(crate) async fn notion(&self, actor: &Actor) -> String {
        let parent = self.vendors.notion.share_page("Home");
        let settings = Settings { parent: Some(parent.clone()), ..Settings::default() };
        self.connect(actor, Provider::Notion, token("ntn_test"), settings).await;
        parent
    }

    pub(crate) async fn jira(&self, actor: &Actor) -> Connection {
        let settings = Settings { project: Some("BRICK".to_owned()), ..Settings::default() };
        self.connect(actor, Provider::Jira, jira("jira_classic"), settings).await
    }

    /// Runs every job that is due.
    pub(crate) async fn work(&self) -> usize {
        let mut registry = Registry::default();
        for handler in self.integrations.jobs() {
            registry.handler(handler).unwrap();
        }
        Runner::new(self.test.db.clone(), registry, RunnerConfig::default()).drain().await.unwrap()
    }
}

pub(crate) fn token(token: &str) -> NewCredentials {
    NewCredentials { token: Some(Secret::new(token)), ..NewCredentials::default() }
}

pub(crate) fn jira(token: &str) -> NewCredentials {
    NewCredentials {
        site: Some("acme".to_owned()),
        email: Some("ada@example.com".to_owned()),
        token: Some(Secret::new(token)),
        ..NewCredentials::default()
    }
}
