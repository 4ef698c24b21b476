//! Hooks as a feature of their own, for the contract suite.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::web;
use async_trait::async_trait;
use core_db::{DbError, Ledger};
use core_feature::{ExportError, ExportSink, Feature};
use core_http::{Installed, Mount, Routes};
use core_kernel::{Actor, Owner, Permission, ProblemCode, UserId, Visibility};
use core_testing::http::contract::{Fixture, Planted, Sample, World};
use serde_json::json;

use super::world::{github, ledger};
use crate::hooks::{HookKind, IncomingHooks, NewHook, Receipt, codes};
use crate::permissions;

#[derive(Debug)]
struct Alone(IncomingHooks);

#[async_trait]
impl Feature for Alone {
    fn name(&self) -> &'static str {
        "integrations"
    }

    fn permissions(&self) -> Vec<&'static Permission> {
        permissions::ALL.to_vec()
    }

    fn problem_codes(&self) -> Vec<&'static ProblemCode> {
        codes::ALL.to_vec()
    }

    fn ledger(&self) -> Ledger {
        ledger()
    }

    async fn export(&self, owner: Owner, sink: &mut dyn ExportSink) -> Result<(), ExportError> {
        self.0.export(owner, sink).await
    }

    async fn erase(&self, owner: Owner) -> Result<(), DbError> {
        self.0.erase(owner).await
    }

    async fn forget_member(&self, user: UserId) -> Result<(), DbError> {
        self.0.forget_member(user).await
    }
}

impl Routes for Alone {
    fn mounts(&self) -> Vec<Mount> {
        vec![Mount::api("integrations", IncomingHooks::operations()), IncomingHooks::mount()]
    }

    fn register(&self, cfg: &mut web::ServiceConfig) {
        self.0.register(cfg);
    }
}

pub(super) struct AloneFixture {
    feature: Arc<Alone>,
    world: World,
}

impl AloneFixture {
    pub(super) fn new(world: World) -> Self {
        Self { feature: Arc::new(Alone(IncomingHooks::new(world.db.clone(), "https://example.com"))), world }
    }
}

#[async_trait]
impl Fixture for AloneFixture {
    fn feature(&self) -> Arc<dyn Installed> {
        self.feature.clone()
    }

    async fn plant(&self, actor: &Actor) -> Planted {
        let canary = format!("canary-of-hooks-{}", self.world.ambient.ids.next());
        let hooks = &self.feature.0.hooks;
        let new = NewHook { kind: HookKind::Github, name: Some(canary.clone()), secret: None, visibility: Visibility::Private };
        let (hook, secret) = hooks.create(actor, new).await.unwrap();
        let secret = secret.unwrap().expose().to_owned();
        let receipt = hooks.receive(hook.id, github(&secret, "push", "planted", "{}")).await.unwrap();
        let Receipt::Accepted(event) = receipt else { panic!("{receipt:?}") };
        let signature = github(&secret, "push", "sample", SAMPLE).github_signature.unwrap();
        let rows = [("hook", hook.id.to_string()), ("event", event.to_string()), ("signature", signature)];
        let at = format!("/api/v1/integrations/hooks/{}", hook.id);
        let urls = vec![format!("{at}/events"), format!("{at}/events/{event}"), at];
        Planted { rows: BTreeMap::from(rows), urls, canary }
    }

    fn request_for(&self, operation_id: &str, planted: &Planted) -> Option<Sample> {
        let one = || Sample::new().path("hook_id", planted.row("hook"));
        Some(match operation_id {
            "list_incoming_hooks" => Sample::new(),
            "create_incoming_hook" => {
                Sample::new().json(json!({"kind": "jira_app", "name": "Issues", "secret": "client", "visibility": "org"}))
            }
            "get_incoming_hook" | "delete_incoming_hook" | "list_incoming_hook_events" => one(),
            "get_incoming_hook_event" => one().path("event_id", planted.row("event")),
            "receive_incoming_hook" => one()
                .header("x-hub-signature-256", planted.row("signature"))
                .header("x-github-event", "push")
                .header("x-github-delivery", "sample")
                .raw("application/json", SAMPLE),
            _ => return None,
        })
    }
}

const SAMPLE: &str = "{\"ref\":\"refs/heads/main\"}";
