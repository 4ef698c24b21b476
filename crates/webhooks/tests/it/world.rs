use std::sync::Arc;

use core_egress::{Egress, EgressConfig};
use core_feature::Feature;
use core_jobs::{EventType, NewEvent, Registry, Runner, RunnerConfig, publish};
use core_kernel::{Actor, DomainError, Owner, PageRequest, UserId};
use core_mail::{MemoryMailer, Templates};
use core_testing::http::FixedActors;
use core_testing::{Engine, TestDb};
use serde_json::{Value, json};
use uuid::Uuid;
use webhooks::testing::SelfStewards;
use webhooks::{Attempt, Deps, Endpoint, EventCatalogue, NewEndpoint, Webhooks, WebhooksConfig, WebhooksError, permissions};

/// Webhooks that may reach this machine, over a catalogue of a few types.
pub(crate) struct World {
    pub(crate) test: TestDb,
    pub(crate) webhooks: Webhooks,
    pub(crate) mails: Arc<MemoryMailer>,
    worker: Runner,
}

pub(crate) async fn fresh(engine: &Engine) -> World {
    with_config(engine, WebhooksConfig { timeout_seconds: 2, ..WebhooksConfig::default() }).await
}

pub(crate) fn events() -> Vec<EventType> {
    let event = |name| EventType { name, version: 1, summary: "Something.", example: || json!({"thing": 1}) };
    vec![event("thing.made"), event("thing.lost"), event("org.member_removed"), event(core_jobs::JOB_DEAD)]
}

pub(crate) async fn with_config(engine: &Engine, config: WebhooksConfig) -> World {
    let test = TestDb::fresh(engine, vec![webhooks::ledger()]).await.unwrap();
    let egress =
        EgressConfig { allow_private: vec!["127.0.0.0/8".parse().unwrap()], allow_http: true, ..EgressConfig::default() };
    let webhooks = Webhooks::new(Deps {
        db: test.db.clone(),
        config,
        egress: Egress::new(egress).unwrap(),
        catalogue: EventCatalogue::of(events()),
        stewards: Arc::new(SelfStewards),
    });
    let mails = Arc::new(MemoryMailer::default());
    let mut registry = Registry::default();
    webhooks.jobs().into_iter().for_each(|handler| registry.handler(handler).unwrap());
    webhooks.subscriptions().into_iter().for_each(|wish| registry.subscription(wish).unwrap());
    webhooks.schedules().into_iter().for_each(|schedule| registry.schedule(schedule).unwrap());
    let templates = Templates::new(webhooks::mail_templates(), None);
    registry.handler(core_mail::handler(mails.clone(), templates, Arc::new(Everybody))).unwrap();
    let worker = Runner::new(test.db.clone(), registry, RunnerConfig::default());
    World { test, webhooks, mails, worker }
}

/// The stable word of what was refused.
pub(crate) fn code<T>(outcome: Result<T, WebhooksError>) -> &'static str {
    match outcome {
        Ok(_) => "ok",
        Err(error) => error.code().code,
    }
}

impl World {
    pub(crate) fn person(&self, number: u128) -> Actor {
        FixedActors::person(UserId(Uuid::from_u128(0xA000 + number)), &permissions::ALL, self.test.db.ambient().now())
    }

    /// An endpoint for everything, and its secret.
    pub(crate) async fn endpoint(&self, actor: &Actor, url: &str) -> (Endpoint, String) {
        let new = NewEndpoint { url: url.to_owned(), ..NewEndpoint::default() };
        let (endpoint, secret) = self.webhooks.endpoints.create(actor, new).await.unwrap();
        (endpoint, secret.expose().to_owned())
    }

    pub(crate) async fn get(&self, actor: &Actor, endpoint: &Endpoint) -> Endpoint {
        self.webhooks.endpoints.get(actor, endpoint.id).await.unwrap()
    }

    /// Something happens in a space.
    pub(crate) async fn publish(&self, owner: Owner, event_type: &'static str, subject: Uuid, data: Value) {
        let data = &data;
        let written: Result<Uuid, core_db::DbError> = self
            .test
            .db
            .write(|tx| async move {
                publish(&tx, NewEvent { r#type: event_type, version: 1, owner, subject, data: data.clone() }).await
            })
            .await;
        written.unwrap();
    }

    /// Runs everything that is due.
    pub(crate) async fn work(&self) {
        self.worker.drain().await.unwrap();
    }

    /// Lets the time pass that the longest wait takes, and works.
    pub(crate) async fn work_through(&self, hours: u64) {
        for _ in 0..hours * 2 {
            self.work().await;
            self.test.clock.advance(std::time::Duration::from_mins(30));
        }
        self.work().await;
    }

    /// The attempts of an endpoint, newest first.
    pub(crate) async fn attempts(&self, actor: &Actor, endpoint: &Endpoint) -> Vec<Attempt> {
        let request = PageRequest { limit: 100, ..PageRequest::default() };
        self.webhooks.attempts.list(actor, endpoint.id, &request).await.unwrap().items
    }
}

/// Everybody has an address.
struct Everybody;

#[async_trait::async_trait]
impl core_mail::Recipients for Everybody {
    async fn address_of(&self, user: UserId) -> Result<Option<core_mail::Address>, core_db::DbError> {
        Ok(Some(core_mail::Address { email: format!("{user}@example.com"), locale: None }))
    }
}
