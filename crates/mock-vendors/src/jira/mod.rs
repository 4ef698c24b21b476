mod adf;
mod issues;
mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use core_kernel::{Clock, Timestamp};
use serde_json::{Value, json};

pub use adf::is_document;
pub use state::{Issue, JiraField, Project};

use crate::grants::{Grants, OauthRules};
use crate::limits::{Counted, Window, seconds};
use crate::server::Vendor;
use crate::wire::{Recorded, Reply, basic};
use state::World;

/// Jira Cloud by its site and by its gateway, and Jira Data Center, as far as issues and tokens go.
///
/// `ada@example.com` has the classic token `jira_classic`, which works at the site, and the scoped one `jira_scoped`, which works at
/// the gateway alone; `jira_pat` is a personal token of a Data Center.
#[derive(Debug)]
pub struct Jira {
    clock: Arc<dyn Clock>,
    world: Mutex<World>,
    grants: Mutex<Grants>,
    calls: Mutex<(Window, Counted)>,
}

/// The id of the cloud of the one site.
pub(crate) const CLOUD: &str = "c10ud000-0000-4000-8000-000000000001";
const PERSON: &str = "ada@example.com";

/// By which door a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    Site,
    Gateway,
}

impl Jira {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let rules = OauthRules {
            client_id: "jira-app".to_owned(),
            client_secret: "jira-app-secret".to_owned(),
            expires_in: Some(3600),
            rotates: true,
            refreshes: true,
        };
        let mut grants = Grants::new("atl", rules);
        for token in ["jira_classic", "jira_scoped", "jira_pat"] {
            grants.know(token);
        }
        let calls = Mutex::new((Window { count: 100, millis: 1000 }, Counted::default()));
        Self { clock, world: Mutex::default(), grants: Mutex::new(grants), calls }
    }

    /// Its tokens.
    pub fn grants(&self) -> MutexGuard<'_, Grants> {
        self.grants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a project with the issue types `Task` and `Bug`; `fields` stand on their screens beside summary and description.
    pub fn create_project(&self, key: &str, fields: Vec<JiraField>) {
        self.world().projects.push(Project::new(key, fields));
    }

    /// The issues in the order they were made.
    pub fn issues(&self) -> Vec<Issue> {
        self.world().issues.clone()
    }

    /// A search finds an issue so many milliseconds after it was made, and not before.
    pub fn set_index_lag(&self, millis: i64) {
        self.world().index_lag = millis;
    }

    /// Errors about fields are named in `errorMessages` alone.
    pub fn name_faults_in_messages(&self) {
        self.world().faults_in_messages = true;
    }

    /// Adds another site that a person who connects by OAuth may choose.
    pub fn add_site(&self, name: &str) {
        self.world().more_sites.push(name.to_owned());
    }

    /// How many calls a second a token may make.
    pub fn set_limit(&self, count: usize) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).0.count = count;
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Who asks, where their token is good at this door.
    fn caller(&self, request: &Recorded, door: Door, version: &str) -> Option<String> {
        let now = self.now().millis();
        let grants = self.grants();
        if let Some((user, password)) = basic(request) {
            let token = if door == Door::Gateway { "jira_scoped" } else { "jira_classic" };
            return (user == PERSON && password == token && grants.is_live(token, now)).then_some(password);
        }
        let token = request.credential("bearer")?;
        let good = match door {
            Door::Gateway => token.contains("-oauth-"),
            Door::Site => token == "jira_pat" && version == "2",
        };
        (good && grants.is_live(token, now)).then(|| token.to_owned())
    }

    fn limited(&self, token: &str) -> Option<Reply> {
        let now = self.now();
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let (window, counted) = &mut *calls;
        let wait = counted.take(token, *window, now.millis()).err()?;
        let body = json!({"errorMessages": ["Rate limit exceeded."], "errors": {}});
        let reset = Timestamp::from_millis(now.millis() + wait);
        let reply = Reply::json(429, &body).with("retry-after", seconds(wait)).with("x-ratelimit-reset", reset);
        Some(reply.with("ratelimit-reason", "jira-burst-based"))
    }

    fn token(&self, request: &Recorded) -> Reply {
        let field = |name: &str| request.field(name).unwrap_or_default();
        let fault = |status: u16, word: &str| Reply::json(status, &json!({"error": word, "error_description": "no"}));
        let now = self.now().millis();
        let mut grants = self.grants();
        if !grants.is_the_app(&field("client_id"), &field("client_secret")) {
            return fault(401, "access_denied");
        }
        let granted = match field("grant_type").as_str() {
            "authorization_code" => grants.redeem(&field("code"), &field("redirect_uri"), None, now),
            "refresh_token" => grants.renew(&field("refresh_token"), now),
            _ => return fault(400, "unsupported_grant_type"),
        };
        match granted {
            Some(granted) => Reply::json(
                200,
                &json!({
                    "access_token": granted.access, "refresh_token": granted.refresh, "expires_in": granted.expires_in,
                    "scope": granted.scope, "token_type": "Bearer",
                }),
            ),
            None => fault(403, "invalid_grant"),
        }
    }

    fn sites(&self, base: &str, request: &Recorded) -> Reply {
        let token = request.credential("bearer").unwrap_or_default();
        if !self.grants().is_live(token, self.now().millis()) {
            return Reply::json(401, &json!({"code": 401, "message": "Unauthorized"}));
        }
        let world = self.world();
        let first =
            json!({"id": CLOUD, "name": "acme", "url": base, "scopes": ["read:jira-work", "write:jira-work"], "avatarUrl": ""});
        let more = world.more_sites.iter().enumerate().map(|(at, name)| {
            json!({"id": format!("c10ud000-0000-4000-8000-0000000001{at:02}"), "name": name, "url": base, "scopes": [], "avatarUrl": ""})
        });
        Reply::json(200, &Value::Array(std::iter::once(first).chain(more).collect()))
    }
}

fn unauthorized() -> Reply {
    Reply::json(401, &json!({"errorMessages": ["Client must be authenticated to access this resource."], "errors": {}}))
}

impl Vendor for Jira {
    fn answer(&self, base: &str, request: &Recorded) -> Reply {
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/authorize") => return self.grants().authorize(request),
            ("POST", "/oauth/token") => return self.token(request),
            ("GET", "/oauth/token/accessible-resources") => return self.sites(base, request),
            ("GET", "/_edge/tenant_info") => return Reply::json(200, &json!({"cloudId": CLOUD})),
            _ => {}
        }
        let segments = request.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        let (door, rest) = match parts.as_slice() {
            ["ex", "jira", cloud, rest @ ..] if *cloud == CLOUD => (Door::Gateway, rest),
            rest => (Door::Site, rest),
        };
        let ["rest", "api", version @ ("2" | "3"), rest @ ..] = rest else { return Reply::html(404) };
        let Some(token) = self.caller(request, door, version) else { return unauthorized() };
        if let Some(limited) = self.limited(&token) {
            return limited;
        }
        let now = self.now();
        self.world().answer(base, request, version, rest, now)
    }
}
