use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::hmac;
use core_egress::{Egress, EgressConfig};
use core_http::Installed;
use core_kernel::{Actor, Secret, Visibility, hex};
use core_testing::http::contract::{Fixture, Planted, Sample, World};
use serde_json::json;

use super::ClockPause;
use crate::hooks::{Delivery, HookKind, NewHook, Receipt};
use crate::{
    Deps, GithubConfig, Integrations, IntegrationsConfig, JiraConfig, NewConnection, NewCredentials, NewFile, NotionConfig,
    Provider, Settings,
};

/// Where stand-ins of the providers listen. GitHub's knows the token `ghp_test` and a repository `ada/engine`.
#[derive(Clone, Debug)]
pub struct VendorUrls {
    /// GitHub.
    pub github: String,
    /// Notion.
    pub notion: String,
    /// Jira.
    pub jira: String,
}

impl VendorUrls {
    /// Settings that lead there.
    pub fn config(&self) -> IntegrationsConfig {
        IntegrationsConfig {
            github: GithubConfig {
                api_base_url: self.github.clone(),
                web_base_url: self.github.clone(),
                client_id: "github-app".to_owned(),
                client_secret: Secret::new("github-app-secret"),
                ..GithubConfig::default()
            },
            notion: NotionConfig {
                api_base_url: self.notion.clone(),
                client_id: "notion-app".to_owned(),
                client_secret: Secret::new("notion-app-secret"),
                ..NotionConfig::default()
            },
            jira: JiraConfig {
                api_base_url: self.jira.clone(),
                client_id: "jira-app".to_owned(),
                client_secret: Secret::new("jira-app-secret"),
                ..JiraConfig::default()
            },
            ..IntegrationsConfig::default()
        }
    }
}

/// Integrations under the contract suite.
#[derive(Debug)]
pub struct IntegrationsFixture {
    integrations: Arc<Integrations>,
    world: World,
}

impl IntegrationsFixture {
    /// Integrations with stand-ins of the providers.
    ///
    /// # Panics
    ///
    /// When outgoing HTTP can't be set up.
    #[expect(clippy::expect_used, reason = "a fixture that can't be built fails its test")]
    pub fn new(world: World, vendors: &VendorUrls) -> Self {
        let integrations = Integrations::new(Deps {
            db: world.db.clone(),
            config: vendors.config(),
            egress: Egress::new(EgressConfig::default()).expect("a way out"),
            cluster: world.cluster.clone(),
            public_url: "https://api.example".to_owned(),
            pause: Arc::new(ClockPause(Arc::clone(&world.clock))),
        });
        Self { integrations: Arc::new(integrations), world }
    }
}

/// What the fixture sends to hooks.
const PUSH: &str = "{\"ref\":\"refs/heads/main\"}";

struct PlantedHook {
    id: String,
    event: String,
    /// Of [`PUSH`].
    signature: String,
}

/// A hook of GitHub with an event.
#[expect(clippy::expect_used, clippy::panic, reason = "a fixture that can't plant fails its test")]
async fn plant_hook(integrations: &Integrations, actor: &Actor, canary: &str) -> PlantedHook {
    let hooks = &integrations.incoming.hooks;
    let new = NewHook { kind: HookKind::Github, name: Some(canary.to_owned()), secret: None, visibility: Visibility::Private };
    let (hook, secret) = hooks.create(actor, new).await.expect("a hook");
    let secret = secret.expect("a secret of its own");
    let signed = |body: &str| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
        format!("sha256={}", hex(hmac::sign(&key, body.as_bytes()).as_ref()))
    };
    let body = format!("{{\"ref\":\"{canary}\"}}");
    let delivery = Delivery {
        github_signature: Some(signed(&body)),
        github_event: Some("push".to_owned()),
        github_delivery: Some("planted".to_owned()),
        body: body.into(),
        ..Delivery::default()
    };
    let Receipt::Accepted(event) = hooks.receive(hook.id, delivery).await.expect("an event") else { panic!("it is new") };
    PlantedHook { id: hook.id.to_string(), event: event.to_string(), signature: signed(PUSH) }
}

#[async_trait]
impl Fixture for IntegrationsFixture {
    fn feature(&self) -> Arc<dyn Installed> {
        self.integrations.clone()
    }

    #[expect(clippy::expect_used, reason = "a fixture that can't plant fails its test")]
    async fn plant(&self, actor: &Actor) -> Planted {
        let canary = format!("canary-{}", self.world.ambient.ids.next());
        let new = NewConnection {
            provider: Provider::Github,
            credentials: NewCredentials { token: Some(Secret::new("ghp_test")), ..NewCredentials::default() },
            settings: Settings { repository: Some("ada/engine".to_owned()), ..Settings::default() },
            name: Some(canary.clone()),
            visibility: Visibility::Private,
        };
        let connection = self.integrations.connections.create(actor, new).await.expect("a connection");
        let file =
            NewFile { connection: Some(connection.id), path: canary.clone(), content: canary.clone(), ..NewFile::default() };
        let made = self.integrations.creations.create_github_file(actor, file, None).await.expect("a file");
        let hook = plant_hook(&self.integrations, actor, &canary).await;
        let mut rows = BTreeMap::from([("connection", connection.id.to_string()), ("operation", made.operation.to_string())]);
        let at_hook = format!("/api/v1/integrations/hooks/{}", hook.id);
        rows.extend([("hook", hook.id), ("event", hook.event.clone()), ("signature", hook.signature)]);
        let urls = vec![
            format!("{at_hook}/events/{}", hook.event),
            at_hook,
            format!("/api/v1/integrations/connections/{}", connection.id),
            format!("/api/v1/integrations/operations/{}", made.operation),
        ];
        Planted { rows, urls, canary }
    }

    fn request_for(&self, operation_id: &str, planted: &Planted) -> Option<Sample> {
        let connection = || Sample::new().path("id", planted.row("connection"));
        let hook = || Sample::new().path("hook_id", planted.row("hook"));
        Some(match operation_id {
            "list_integration_providers" | "list_connections" | "list_integration_operations" | "list_incoming_hooks" => {
                Sample::new()
            }
            "create_connection" => Sample::new().json(json!({
                "provider": "github", "credentials": {"token": "ghp_test"}, "settings": {"repository": "ada/engine"}, "name": "Mine",
                "visibility": "private",
            })),
            "get_connection" | "delete_connection" | "test_connection" => connection(),
            "update_connection" => connection().json(json!({"name": "Ours", "settings": {"branch": "main"}})),
            "list_connection_resources" => connection().query("kind=repository&query=engine"),
            "authorize_connection" => {
                Sample::new().path("provider", "github").json(json!({"redirect_uri": "https://api.example/connected"}))
            }
            // A state that nobody has.
            "finish_connection" => Sample::new().path("provider", "github").query("code=a&state=b").expect(422),
            // A code that nobody has.
            "complete_connection" => Sample::new().path("provider", "github").json(json!({"code": "a"})).expect(422),
            "create_github_file" => Sample::new().json(json!({
                "connection_id": planted.row("connection"), "path": "notes/a.md", "content": "Bricks", "repository": "ada/engine",
            })),
            // Nobody is connected to these.
            "create_notion_page" => Sample::new().json(json!({"markdown": "# Bricks", "title": "Bricks"})).expect(422),
            "create_jira_issue" => Sample::new().json(json!({"summary": "Bricks", "description": "Lean"})).expect(422),
            "parse_links" => Sample::new().json(json!({"text": "https://github.com/ada/engine and BRICK-1"})),
            "resolve_links" => Sample::new().json(json!({
                "text": "https://github.com/ada/engine", "connection_id": planted.row("connection"),
            })),
            "create_incoming_hook" => {
                Sample::new().json(json!({"kind": "jira_app", "name": "Issues", "secret": "client", "visibility": "org"}))
            }
            "get_incoming_hook" | "delete_incoming_hook" | "list_incoming_hook_events" => hook(),
            "get_incoming_hook_event" => hook().path("event_id", planted.row("event")),
            "receive_incoming_hook" => hook()
                .header("x-hub-signature-256", planted.row("signature"))
                .header("x-github-event", "push")
                .header("x-github-delivery", "sample")
                .raw("application/json", PUSH),
            "get_integration_operation" => Sample::new().path("id", planted.row("operation")),
            _ => return None,
        })
    }
}
