use core_db::Ledger;
use core_jobs::{Event, Registry, Runner, RunnerConfig, events_after};
use core_kernel::{Actor, DomainError, Owner, Secret, UserId, Visibility};
use core_testing::http::FixedActors;
use core_testing::{Engine, TestDb};
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query};
use uuid::Uuid;

use crate::hooks::{CreateHooks, Delivery, Hook, HookId, HookKind, HooksError, IncomingHooks, NewHook, Receipt};
use crate::permissions;

pub(super) struct World {
    pub(super) test: TestDb,
    pub(super) hooks: IncomingHooks,
    worker: Runner,
}

pub(super) fn ledger() -> Ledger {
    Ledger { name: "integrations", migrations: vec![Box::new(CreateHooks)] }
}

pub(super) async fn fresh(engine: &Engine) -> World {
    let test = TestDb::fresh(engine, vec![ledger()]).await.unwrap();
    let hooks = IncomingHooks::new(test.db.clone(), "https://api.example.com/");
    let mut registry = Registry::default();
    for handler in hooks.jobs() {
        registry.handler(handler).unwrap();
    }
    for schedule in IncomingHooks::schedules() {
        registry.schedule(schedule).unwrap();
    }
    let worker = Runner::new(test.db.clone(), registry, RunnerConfig::default());
    World { test, hooks, worker }
}

/// The stable word of what was refused.
pub(super) fn code<T>(outcome: Result<T, HooksError>) -> &'static str {
    match outcome {
        Ok(_) => "ok",
        Err(error) => error.code().code,
    }
}

impl World {
    pub(super) fn person(&self, number: u128) -> Actor {
        FixedActors::person(UserId(Uuid::from_u128(0xA000 + number)), &permissions::ALL, self.test.db.ambient().now())
    }

    /// A hook, and the secret where there is one.
    pub(super) async fn hook(&self, actor: &Actor, kind: HookKind) -> (Hook, String) {
        let new = NewHook { kind, name: None, secret: None, visibility: Visibility::Private };
        let (hook, secret) = self.hooks.hooks.create(actor, new).await.unwrap();
        assert_eq!(hook.url, format!("https://api.example.com/hooks/{}", hook.id));
        (hook, secret.map(|secret| secret.expose().to_owned()).unwrap_or_default())
    }

    pub(super) async fn app_hook(&self, actor: &Actor, secret: &str) -> Hook {
        let secret = Some(Secret::new(secret));
        let new = NewHook { kind: HookKind::JiraApp, name: None, secret, visibility: Visibility::Private };
        self.hooks.hooks.create(actor, new).await.unwrap().0
    }

    pub(super) async fn receive(&self, id: HookId, delivery: Delivery) -> Result<Receipt, HooksError> {
        self.hooks.hooks.receive(id, delivery).await
    }

    pub(super) async fn refused(&self, id: HookId, delivery: Delivery) -> &'static str {
        code(self.receive(id, delivery).await)
    }

    pub(super) async fn work(&self) {
        self.worker.drain().await.unwrap();
    }

    /// What was published in a space.
    pub(super) async fn published(&self, owner: Owner) -> Vec<Event> {
        self.work().await;
        events_after(&self.test.db, 0, &[owner], 100).await.unwrap()
    }

    /// A column of every row that has a text there.
    pub(super) async fn stored(&self, table: &'static str, column: &'static str) -> Vec<String> {
        let all = Query::select().expr_as(Expr::col(Alias::new(column)).cast_as("text"), "x").from(table).to_owned();
        let rows = self.test.db.read().query_all(&all).await.unwrap();
        rows.iter().filter_map(|row| row.try_get::<Option<String>>("", "x").unwrap()).collect()
    }
}

fn bare(body: &str) -> Delivery {
    Delivery { body: body.as_bytes().to_vec().into(), ..Delivery::default() }
}

pub(super) fn github(secret: &str, event: &str, delivery: &str, body: &str) -> Delivery {
    Delivery {
        github_signature: Some(mock_vendors::github_signature(secret, body.as_bytes())),
        github_event: Some(event.to_owned()),
        github_delivery: Some(delivery.to_owned()),
        ..bare(body)
    }
}

pub(super) fn notion(token: &str, body: &str) -> Delivery {
    Delivery { notion_signature: Some(mock_vendors::notion_signature(token, body.as_bytes())), ..bare(body) }
}

pub(super) fn jira(secret: &str, identifier: &str, body: &str) -> Delivery {
    Delivery {
        jira_signature: Some(mock_vendors::jira_admin_signature(secret, body.as_bytes())),
        jira_identifier: Some(identifier.to_owned()),
        ..bare(body)
    }
}

/// With a token that ends so many seconds from now.
pub(super) fn jira_app(secret: &str, world: &World, life: i64, identifier: &str, body: &str) -> Delivery {
    let now = world.test.db.ambient().now().seconds();
    let token = format!("Bearer {}", mock_vendors::jira_dynamic_token(secret, now, now + life));
    Delivery { authorization: Some(Secret::new(token)), jira_identifier: Some(identifier.to_owned()), ..bare(body) }
}
