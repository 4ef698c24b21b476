use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use core_egress::{Egress, EgressConfig};
use core_http::Installed;
use core_jobs::EventType;
use core_kernel::Actor;
use core_testing::http::contract::{Fixture, Planted, Sample, World};
use serde_json::json;

use super::SelfStewards;
use crate::{Deps, EventCatalogue, NewEndpoint, Webhooks, WebhooksConfig};

/// Webhooks under the contract suite. Its endpoint refuses every connection.
#[derive(Debug)]
pub struct WebhooksFixture {
    webhooks: Arc<Webhooks>,
    world: World,
}

const NOBODY_LISTENS: &str = "http://127.0.0.1:1/hook";

impl WebhooksFixture {
    /// Webhooks over a catalogue of one type.
    ///
    /// # Panics
    /// When outgoing HTTP can't be set up.
    #[expect(clippy::expect_used, reason = "a fixture that can't be made fails its test")]
    pub fn new(world: World) -> Self {
        let this_machine = "127.0.0.0/8".parse().expect("a network");
        let egress = EgressConfig { allow_private: vec![this_machine], allow_http: true, ..EgressConfig::default() };
        let ready = EventType {
            name: "media.ready",
            version: 1,
            summary: "A picture can be seen.",
            example: || json!({"media_id": "01900000-0000-7000-8000-000000000001"}),
        };
        let webhooks = Webhooks::new(Deps {
            db: world.db.clone(),
            config: WebhooksConfig { max_endpoints: 1000, ..WebhooksConfig::default() },
            egress: Egress::new(egress).expect("outgoing HTTP"),
            catalogue: EventCatalogue::of([ready]),
            stewards: Arc::new(SelfStewards),
        });
        Self { webhooks: Arc::new(webhooks), world }
    }
}

#[async_trait]
impl Fixture for WebhooksFixture {
    fn feature(&self) -> Arc<dyn Installed> {
        self.webhooks.clone()
    }

    #[expect(clippy::expect_used, reason = "a fixture that can't plant fails its test")]
    async fn plant(&self, actor: &Actor) -> Planted {
        let canary = format!("canary-of-webhooks-{}", self.world.ambient.ids.next());
        let new = NewEndpoint { url: NOBODY_LISTENS.to_owned(), description: Some(canary.clone()), ..NewEndpoint::default() };
        let (endpoint, _) = self.webhooks.endpoints.create(actor, new).await.expect("an endpoint");
        let attempt = self.webhooks.endpoints.test(actor, endpoint.id, None).await.expect("an attempt that fails");
        let rows = BTreeMap::from([("endpoint", endpoint.id.to_string()), ("attempt", attempt.id.to_string())]);
        let at = format!("/api/v1/webhooks/endpoints/{}", endpoint.id);
        Planted { rows, urls: vec![format!("{at}/attempts"), at], canary }
    }

    fn request_for(&self, operation_id: &str, planted: &Planted) -> Option<Sample> {
        let one = || Sample::new().path("id", planted.row("endpoint"));
        Some(match operation_id {
            "list_webhook_event_types" | "list_webhook_endpoints" => Sample::new(),
            "create_webhook_endpoint" => Sample::new().json(json!({
                "url": "https://example.com/hook", "event_types": ["media.ready"], "description": "All pictures", "visibility": "org",
            })),
            "get_webhook_endpoint" | "delete_webhook_endpoint" | "list_webhook_attempts" => one(),
            "update_webhook_endpoint" => one().json(json!({
                "url": "https://example.com/hook", "event_types": ["media.*"], "description": "Another", "visibility": "private",
                "enabled": false,
            })),
            "rotate_webhook_secret" => one().query("overlap_hours=1"),
            "test_webhook_endpoint" => one().query("event_type=media.ready"),
            "replay_missed_webhooks" => one().query("since=2026-01-16T14:40:00Z"),
            "replay_webhook_attempt" => Sample::new().path("id", planted.row("attempt")),
            _ => return None,
        })
    }
}
