mod answers;
mod app;
mod contents;
mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use core_kernel::Clock;
use serde_json::{Value, json};

pub use app::GitHubApp;
pub use state::{Pull, Repository};

use crate::grants::{Grants, OauthRules};
use crate::limits::{Window, seconds};
use crate::server::Vendor;
use crate::wire::{Recorded, Reply};
use answers::{bad_credentials, error, not_found};
use state::World;

/// Versions of the API that are known.
const VERSIONS: [&str; 2] = ["2022-11-28", "2026-03-10"];

/// GitHub, as far as files, branches, pull requests, issues and tokens go.
#[derive(Debug)]
pub struct GitHub {
    clock: Arc<dyn Clock>,
    world: Mutex<World>,
    grants: Mutex<Grants>,
}

impl GitHub {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let rules = OauthRules {
            client_id: "github-app".to_owned(),
            client_secret: "github-app-secret".to_owned(),
            expires_in: Some(28_800),
            rotates: true,
            refreshes: true,
        };
        let mut grants = Grants::new("gho", rules);
        grants.know("ghp_test");
        Self { clock, world: Mutex::default(), grants: Mutex::new(grants) }
    }

    /// Its tokens. `ghp_test` is known from the beginning.
    pub fn grants(&self) -> MutexGuard<'_, Grants> {
        self.grants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a repository `owner/name` with an empty branch `main`.
    pub fn create_repository(&self, full_name: &str) {
        self.world().repositories.insert(full_name.to_ascii_lowercase(), Repository::new(full_name));
    }

    /// Looks at a repository, or changes it as others would. None: there is none.
    pub fn repository<T>(&self, full_name: &str, look: impl FnOnce(&mut Repository) -> T) -> Option<T> {
        self.world().repositories.get_mut(&full_name.to_ascii_lowercase()).map(look)
    }

    /// Installs an app that signs with a key of its own.
    pub fn install_app(&self, app: GitHubApp) {
        self.world().app = Some(app);
    }

    /// How many calls are left of the primary limit, for everybody.
    pub fn set_remaining(&self, remaining: i64) {
        self.world().remaining = remaining;
    }

    /// How many writes a minute the secondary limit lets through (80 at the real one).
    pub fn set_content_limit(&self, per_minute: usize) {
        self.world().content_limit = Window { count: per_minute, millis: 60_000 };
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> i64 {
        self.clock.now().millis()
    }

    /// What everybody is refused for, before anything is looked at.
    fn refusal(request: &Recorded) -> Option<Reply> {
        if request.header("user-agent").is_none_or(str::is_empty) {
            return Some(error(
                403,
                "Request forbidden by administrative rules. Please make sure your request has a User-Agent header",
            ));
        }
        if request.header("x-github-api-version").is_some_and(|version| !VERSIONS.contains(&version)) {
            return Some(error(400, "The API version is not supported."));
        }
        None
    }

    /// Both kinds of limits.
    fn limited(&self, request: &Recorded, token: &str) -> Option<Reply> {
        let (now, mut world) = (self.now(), self.world());
        if world.remaining <= 0 {
            let reset = now.div_euclid(1000) + 60;
            let reply = error(403, "API rate limit exceeded for user ID 1.");
            return Some(reply.with("x-ratelimit-remaining", 0).with("x-ratelimit-reset", reset));
        }
        world.remaining -= 1;
        if request.method == "GET" {
            return None;
        }
        let limit = world.content_limit;
        let wait = world.content.take(token, limit, now).err()?;
        let reply = error(403, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.");
        Some(reply.with("retry-after", seconds(wait)))
    }

    fn token(&self, request: &Recorded) -> Reply {
        let field = |name: &str| request.field(name).unwrap_or_default();
        let fault = |word: &str, text: &str| {
            Reply::json(200, &json!({"error": word, "error_description": text, "error_uri": "https://docs.github.com/"}))
        };
        let (now, mut grants) = (self.now(), self.grants());
        if !grants.is_the_app(&field("client_id"), &field("client_secret")) {
            return fault("incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect.");
        }
        let granted = if field("grant_type") == "refresh_token" {
            grants.renew(&field("refresh_token"), now)
        } else {
            grants.redeem(&field("code"), &field("redirect_uri"), request.field("code_verifier").as_deref(), now)
        };
        let Some(granted) = granted else {
            let refresh = field("grant_type") == "refresh_token";
            let word = if refresh { "bad_refresh_token" } else { "bad_verification_code" };
            return fault(word, "The code passed is incorrect or expired.");
        };
        let mut body = json!({"access_token": granted.access, "token_type": "bearer", "scope": granted.scope});
        if let (Some(members), Some(expires_in)) = (body.as_object_mut(), granted.expires_in) {
            members.insert("expires_in".into(), json!(expires_in));
            members.insert("refresh_token".into(), json!(granted.refresh));
            members.insert("refresh_token_expires_in".into(), json!(15_897_600));
        }
        Reply::json(200, &body)
    }

    fn route(&self, base: &str, request: &Recorded) -> Reply {
        let segments = request.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        let method = request.method.as_str();
        match (method, parts.as_slice()) {
            ("GET", ["user"]) => Reply::json(200, &json!({"login": "ada", "id": 1815, "html_url": format!("{base}/ada")}))
                .with("x-oauth-scopes", "repo, workflow"),
            ("GET", ["user", "repos"]) => Reply::json(200, &Value::Array(self.listed(base, request))),
            ("GET", ["installation", "repositories"]) => {
                let listed = self.listed(base, request);
                Reply::json(200, &json!({"total_count": listed.len(), "repositories": listed}))
            }
            (_, ["repos", owner, name, rest @ ..]) => {
                let full_name = format!("{owner}/{name}").to_ascii_lowercase();
                let mut world = self.world();
                let now = self.now();
                match world.repositories.get_mut(&full_name) {
                    Some(repository) => repository.answer(base, request, rest, now),
                    None => not_found(),
                }
            }
            _ => not_found(),
        }
    }

    fn listed(&self, base: &str, request: &Recorded) -> Vec<Value> {
        let number = |name: &str, default: usize| request.parameter(name).and_then(|text| text.parse().ok()).unwrap_or(default);
        let (page, per_page) = (number("page", 1).max(1), number("per_page", 30).min(100));
        let world = self.world();
        world.repositories.values().skip((page - 1) * per_page).take(per_page).map(|own| own.view(base)).collect()
    }
}

impl Vendor for GitHub {
    fn answer(&self, base: &str, request: &Recorded) -> Reply {
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/login/oauth/authorize") => return self.grants().authorize(request),
            ("POST", "/login/oauth/access_token") => return self.token(request),
            _ => {}
        }
        if let Some(refusal) = Self::refusal(request) {
            return refusal;
        }
        let token = request.credential("bearer").or_else(|| request.credential("token")).unwrap_or_default();
        if let Some(reply) = self.app_answer(request, token) {
            return reply;
        }
        if !self.grants().is_live(token, self.now()) {
            return bad_credentials();
        }
        self.limited(request, token).unwrap_or_else(|| self.route(base, request))
    }
}
