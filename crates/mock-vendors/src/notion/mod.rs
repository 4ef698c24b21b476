mod check;
mod pages;
mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use core_kernel::Clock;
use serde_json::json;

pub use check::children_fault;
pub use state::NotionPage;

use crate::grants::{Grants, OauthRules};
use crate::limits::{Counted, Window, seconds};
use crate::server::Vendor;
use crate::wire::{Recorded, Reply};
use state::World;

/// Versions that are known.
const VERSIONS: [&str; 2] = ["2025-09-03", "2026-03-11"];

/// Notion, as far as pages, blocks, data sources and tokens go.
#[derive(Debug)]
pub struct Notion {
    clock: Arc<dyn Clock>,
    world: Mutex<World>,
    grants: Mutex<Grants>,
    calls: Mutex<(Window, Counted)>,
}

impl Notion {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let rules = OauthRules {
            client_id: "notion-app".to_owned(),
            client_secret: "notion-app-secret".to_owned(),
            expires_in: None,
            rotates: true,
            refreshes: true,
        };
        let mut grants = Grants::new("ntn", rules);
        grants.know("ntn_test");
        let calls = Mutex::new((Window { count: 3, millis: 1000 }, Counted::default()));
        Self { clock, world: Mutex::default(), grants: Mutex::new(grants), calls }
    }

    /// Its tokens. `ntn_test` is known from the beginning.
    pub fn grants(&self) -> MutexGuard<'_, Grants> {
        self.grants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shares a page with the connection, and gives its id.
    pub fn share_page(&self, title: &str) -> String {
        let now = self.clock.now();
        self.world().add_page(json!({"type": "workspace", "workspace": true}), title, now)
    }

    /// Shares a database with data sources of these names, and gives its id and theirs.
    pub fn share_database(&self, sources: &[&str]) -> (String, Vec<String>) {
        self.world().add_database(sources)
    }

    /// Pages in the order they were made, those that were shared first included.
    pub fn pages(&self) -> Vec<NotionPage> {
        let world = self.world();
        world.pages.iter().map(|page| world.view(page)).collect()
    }

    /// How many calls one token may make in any window of a second (3 at the real one, with some burst).
    pub fn set_limit(&self, count: usize) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).0.count = count;
    }

    /// Pages from Markdown are made by a task that has to be asked for.
    pub fn make_pages_later(&self) {
        self.world().later = true;
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn limited(&self, token: &str) -> Option<Reply> {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let (window, counted) = &mut *calls;
        let wait = counted.take(token, *window, self.clock.now().millis()).err()?;
        let extra = json!({"rate_limit_reason": "public_api_request_rate_limit"});
        let mut body = body(429, "rate_limited", "You have been rate limited. Please try again in a few minutes.");
        if let Some(members) = body.as_object_mut() {
            members.insert("additional_data".into(), extra);
        }
        Some(Reply::json(429, &body).with("retry-after", seconds(wait)))
    }

    fn token(&self, request: &Recorded) -> Reply {
        let oauth_error = |word: &str| Reply::json(400, &json!({"error": word}));
        let now = self.clock.now().millis();
        let mut grants = self.grants();
        let basic = crate::wire::basic(request).unwrap_or_default();
        if !grants.is_the_app(&basic.0, &basic.1) {
            return Reply::json(401, &json!({"error": "invalid_client"}));
        }
        let json_body = request.header("content-type").is_some_and(|kind| kind.starts_with("application/json"));
        let field = |name: &str| request.field(name).unwrap_or_default();
        let granted = match (json_body, field("grant_type").as_str()) {
            (true, "authorization_code") => grants.redeem(&field("code"), &field("redirect_uri"), None, now),
            (true, "refresh_token") => grants.renew(&field("refresh_token"), now),
            _ => return oauth_error("invalid_request"),
        };
        let Some(granted) = granted else { return oauth_error("invalid_grant") };
        Reply::json(
            200,
            &json!({
                "access_token": granted.access, "token_type": "bearer", "refresh_token": granted.refresh,
                "bot_id": "b0000000-0000-4000-8000-000000000001", "workspace_id": "a0000000-0000-4000-8000-000000000001",
                "workspace_name": "Ada's", "workspace_icon": null, "duplicated_template_id": null,
                "owner": {"type": "workspace", "workspace": true},
            }),
        )
    }
}

/// Notion's error body.
pub(crate) fn error(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, &body(status, code, message))
}

fn body(status: u16, code: &str, message: &str) -> serde_json::Value {
    json!({
        "object": "error", "status": status, "code": code, "message": message,
        "request_id": "7c8f0000-0000-4000-8000-000000000001",
    })
}

impl Vendor for Notion {
    fn answer(&self, base: &str, request: &Recorded) -> Reply {
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/v1/oauth/authorize") => return self.grants().authorize(request),
            ("POST", "/v1/oauth/token") => return self.token(request),
            _ => {}
        }
        let token = request.credential("bearer").unwrap_or_default();
        if !self.grants().is_live(token, self.clock.now().millis()) {
            return error(401, "unauthorized", "API token is invalid.");
        }
        match request.header("notion-version") {
            None => return error(400, "missing_version", "Notion-Version header failed validation: should be defined."),
            Some(version) if !VERSIONS.contains(&version) => {
                return error(400, "validation_error", "Notion-Version header failed validation.");
            }
            Some(_) => {}
        }
        self.limited(token).unwrap_or_else(|| self.route(base, request))
    }
}
