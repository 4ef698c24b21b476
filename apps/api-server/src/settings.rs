use std::path::{Path, PathBuf};

use auth::{AuthConfig, EmailVerification, RegistrationSetting};
#[cfg(feature = "code")]
use code::CodeConfig;
use core_config::{Alias, ConfigProblem, Environment, Loader, Profile};
use core_http::{HttpSettings, Mode, RateLimits};
use core_kernel::Secret;
#[cfg(feature = "files")]
use files::FilesConfig;
#[cfg(feature = "integrations")]
use integrations::IntegrationsConfig;
use jobs::JobsConfig;
use llm::LlmConfig;
#[cfg(feature = "media")]
use media::MediaConfig;
use orgs::OrgsConfig;
use serde::{Deserialize, Serialize};
use users::UsersConfig;
#[cfg(feature = "vision")]
use vision::VisionConfig;
#[cfg(feature = "webhooks")]
use webhooks::WebhooksConfig;

#[cfg(not(feature = "media"))]
use self::without_media::MediaConfig;
use crate::blobs::{Blobs, STORES};
use crate::telemetry::{self, TelemetrySettings};

#[cfg(not(feature = "media"))]
mod without_media;

/// All settings of the server, one field per section. `docs/settings.md` is made from it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Settings {
    /// SQLite, blobs, mail folder and keys live here.
    pub(crate) data_dir: PathBuf,
    /// Which features this server has, such as `auth,users,media`; none named: all. `auth` is always among them.
    #[serde(deserialize_with = "core_kernel::comma_list")]
    pub(crate) features: Vec<String>,
    /// How the server listens.
    pub(crate) server: HttpSettings,
    /// How often each caller may call.
    pub(crate) rate_limits: RateLimits,
    /// The database.
    pub(crate) database: DatabaseSettings,
    /// What replicas share.
    pub(crate) redis: RedisSettings,
    /// Keys.
    pub(crate) security: SecuritySettings,
    /// Work that outlives a request.
    pub(crate) jobs: JobsSettings,
    /// Mail.
    pub(crate) mail: MailSettings,
    /// Outgoing HTTP.
    pub(crate) egress: EgressSettings,
    /// Logs.
    pub(crate) log: LogSettings,
    /// Traces.
    pub(crate) telemetry: TelemetrySettings,
    /// Identity.
    pub(crate) auth: AuthConfig,
    /// Profiles.
    pub(crate) users: UsersConfig,
    /// Organisations.
    pub(crate) orgs: OrgsConfig,
    /// Pictures.
    pub(crate) media: MediaConfig,
    /// Language models.
    pub(crate) llm: LlmConfig,
    /// Workspaces of files.
    #[cfg(feature = "files")]
    pub(crate) files: FilesConfig,
    /// Understanding source code.
    #[cfg(feature = "code")]
    pub(crate) code: CodeConfig,
    /// GitHub, Notion and Jira.
    #[cfg(feature = "integrations")]
    pub(crate) integrations: IntegrationsConfig,
    /// Outgoing webhooks.
    #[cfg(feature = "webhooks")]
    pub(crate) webhooks: WebhooksConfig,
    /// Posture from landmarks, analyses of photos.
    #[cfg(feature = "vision")]
    pub(crate) vision: VisionConfig,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("./data"),
            features: Vec::new(),
            server: HttpSettings::default(),
            rate_limits: RateLimits::default(),
            database: DatabaseSettings::default(),
            redis: RedisSettings::default(),
            security: SecuritySettings::default(),
            jobs: JobsSettings::default(),
            mail: MailSettings::default(),
            egress: EgressSettings::default(),
            log: LogSettings::default(),
            telemetry: TelemetrySettings::default(),
            auth: AuthConfig::default(),
            users: UsersConfig::default(),
            orgs: OrgsConfig::default(),
            media: MediaConfig::default(),
            llm: LlmConfig::default(),
            #[cfg(feature = "files")]
            files: FilesConfig::default(),
            #[cfg(feature = "code")]
            code: CodeConfig::default(),
            #[cfg(feature = "integrations")]
            integrations: IntegrationsConfig::default(),
            #[cfg(feature = "webhooks")]
            webhooks: WebhooksConfig::default(),
            #[cfg(feature = "vision")]
            vision: VisionConfig::default(),
        }
    }
}

/// The database.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct DatabaseSettings {
    /// `sqlite://...` or `postgres://...`; absent: a SQLite file in the data dir.
    #[serde(skip_serializing)]
    pub(crate) url: Option<Secret>,
    /// Readers on SQLite, all connections on PostgreSQL.
    pub(crate) max_connections: u32,
    /// SQLite only: false lets an acknowledged write get lost in a power cut (never in a crash), and writes faster.
    pub(crate) synchronous_full: bool,
    /// Apply pending migrations at start; false refuses to start while there are some.
    pub(crate) migrate_at_start: bool,
}

impl Default for DatabaseSettings {
    fn default() -> Self {
        Self { url: None, max_connections: 8, synchronous_full: true, migrate_at_start: true }
    }
}

/// What replicas share.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RedisSettings {
    /// `redis://...`; absent: in this process.
    #[serde(skip_serializing)]
    pub(crate) url: Option<Secret>,
}

/// Keys.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SecuritySettings {
    /// 32 bytes, as hex or base64. Made in the data dir at first start on SQLite, required with PostgreSQL.
    #[serde(skip_serializing)]
    pub(crate) master_key: Option<Secret>,
    /// The key before a change: one start with both, and it is of no more use.
    #[serde(skip_serializing)]
    pub(crate) previous_master_key: Option<Secret>,
}

/// Work that outlives a request.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct JobsSettings {
    /// `serve` runs jobs too.
    pub(crate) in_server: bool,
    /// Jobs at the same time, per process.
    pub(crate) concurrency: usize,
    /// How long what has ended is kept.
    pub(crate) retention: JobsConfig,
}

impl Default for JobsSettings {
    fn default() -> Self {
        Self { in_server: true, concurrency: 4, retention: JobsConfig::default() }
    }
}

/// Mail.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct MailSettings {
    /// `smtp://...` or `smtps://...`; absent: files in the data dir.
    #[serde(skip_serializing)]
    pub(crate) url: Option<Secret>,
    /// The sender.
    pub(crate) from: String,
    /// A folder whose files replace the built-in templates.
    pub(crate) templates_dir: Option<PathBuf>,
}

impl Default for MailSettings {
    fn default() -> Self {
        Self { url: None, from: "Brickwork <no-reply@localhost.localdomain>".to_owned(), templates_dir: None }
    }
}

/// Outgoing HTTP.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct EgressSettings {
    /// Private networks that URLs of users may lead to, such as `10.1.0.0/16`.
    pub(crate) allow_private: Vec<String>,
    /// URLs of users may be `http:`.
    pub(crate) allow_http: bool,
}

/// Logs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct LogSettings {
    /// Which lines, in the form of tracing's `EnvFilter`.
    pub(crate) filter: String,
    /// One JSON object per line; absent: in production.
    pub(crate) json: Option<bool>,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { filter: "info,sqlx=warn,actix_server=warn".to_owned(), json: None }
    }
}

impl Settings {
    /// The database's URL: the configured one, or the file in the data dir.
    pub(crate) fn database_url(&self) -> Secret {
        let file = || Secret::new(format!("sqlite://{}", self.data_dir.join("brickwork.sqlite").display()));
        self.database.url.clone().filter(|url| !url.is_empty()).unwrap_or_else(file)
    }

    /// True when the database is a file of this machine.
    pub(crate) fn is_on_sqlite(&self) -> bool {
        self.database_url().expose().starts_with("sqlite:")
    }

    /// True when this server has the feature.
    pub(crate) fn has(&self, feature: &str) -> bool {
        self.features.is_empty() || self.features.iter().any(|named| named == feature)
    }

    /// The ledgers of what this server has: a feature that is left out has no tables.
    pub(crate) fn ledgers(&self) -> Vec<core_db::Ledger> {
        let mut ledgers = migration::ledgers();
        ledgers.retain(|ledger| FEATURES.iter().all(|(feature, _)| *feature != ledger.name) || self.has(ledger.name));
        ledgers
    }

    /// The HTTP settings with what other sections say about HTTP.
    pub(crate) fn http(&self, profile: Profile) -> HttpSettings {
        let mode = match profile {
            Profile::Development => Mode::Development,
            Profile::Test => Mode::Test,
            Profile::Production => Mode::Production,
        };
        HttpSettings { rate_limits: self.rate_limits.clone(), mode, ..self.server.clone() }
    }
}

/// What may be named in `features`: every feature that is wired, and whether this program was built with it.
pub(crate) const FEATURES: &[(&str, bool)] = &[
    ("auth", true),
    ("users", true),
    ("orgs", true),
    ("llm", true),
    ("media", cfg!(feature = "media")),
    ("files", cfg!(feature = "files")),
    ("code", cfg!(feature = "code")),
    ("fitness", cfg!(feature = "fitness")),
    ("vision", cfg!(feature = "vision")),
    ("integrations", cfg!(feature = "integrations")),
    ("webhooks", cfg!(feature = "webhooks")),
    ("jobs", true),
];

/// Variables that hosts and providers set under names of their own.
const ALIASES: &[Alias] = &[
    Alias::new("PORT", "server.port"),
    Alias::with("PORT", "server.host", |_| Ok("0.0.0.0".to_owned())),
    Alias::new("DATABASE_URL", "database.url"),
    Alias::new("REDIS_URL", "redis.url"),
    Alias::new("RUST_LOG", "log.filter"),
    Alias::new("GOOGLE_API_KEY", "llm.providers.gemini.api_key"),
    Alias::with("GOOGLE_API_KEY", "llm.providers.gemini.kind", |_| Ok("gemini".to_owned())),
    Alias::new("GEMINI_API_KEY", "llm.providers.gemini.api_key"),
    Alias::with("GEMINI_API_KEY", "llm.providers.gemini.kind", |_| Ok("gemini".to_owned())),
    Alias::new("GEMINI_BASE_URL", "llm.providers.gemini.base_url"),
    Alias::with("GEMINI_BASE_URL", "llm.providers.gemini.kind", |_| Ok("gemini".to_owned())),
    Alias::new("OPENAI_API_KEY", "llm.providers.openai.api_key"),
    Alias::with("OPENAI_API_KEY", "llm.providers.openai.kind", |_| Ok("openai".to_owned())),
    Alias::new("OPENAI_BASE_URL", "llm.providers.openai.base_url"),
    Alias::with("OPENAI_BASE_URL", "llm.providers.openai.kind", |_| Ok("openai".to_owned())),
    Alias::new("ANTHROPIC_API_KEY", "llm.providers.anthropic.api_key"),
    Alias::with("ANTHROPIC_API_KEY", "llm.providers.anthropic.kind", |_| Ok("anthropic".to_owned())),
    Alias::new("ANTHROPIC_BASE_URL", "llm.providers.anthropic.base_url"),
    Alias::with("ANTHROPIC_BASE_URL", "llm.providers.anthropic.kind", |_| Ok("anthropic".to_owned())),
    Alias::new("OLLAMA_HOST", "llm.providers.ollama.base_url"),
    Alias::with("OLLAMA_HOST", "llm.providers.ollama.kind", |_| Ok("ollama".to_owned())),
];

/// The loader of the server's settings, from this folder and environment.
pub(crate) fn loader(folder: &Path, environment: Environment) -> Loader<Settings> {
    Loader::<Settings>::new(environment).folder(folder).aliases(ALIASES).aliases(telemetry::ALIASES).validate(validate)
}

/// What is wrong with the settings as a whole.
fn validate(settings: &Settings, profile: Profile) -> Vec<ConfigProblem> {
    let mut problems = Vec::new();
    let mut add = |section: &str, found: Vec<(&'static str, String)>| {
        let fix = "set another value";
        problems.extend(found.into_iter().map(|(key, text)| ConfigProblem::new(format!("{section}.{key}"), text, fix)));
    };
    add("server", settings.http(profile).validate());
    add("users", settings.users.validate());
    add("orgs", settings.orgs.validate());
    #[cfg(feature = "media")]
    add("media", settings.media.validate());
    #[cfg(feature = "files")]
    add("files", settings.files.validate());
    #[cfg(feature = "code")]
    add("code", settings.code.validate());
    #[cfg(feature = "integrations")]
    add("integrations", settings.integrations.validate());
    #[cfg(feature = "webhooks")]
    add("webhooks", settings.webhooks.validate());
    #[cfg(feature = "vision")]
    add("vision", settings.vision.validate());
    add("jobs.retention", settings.jobs.retention.validate());
    add("auth", settings.auth.validate());
    add("telemetry", settings.telemetry.validate());
    let oauth = settings.auth.oauth.validate();
    problems.extend(oauth.into_iter().map(|(key, text)| ConfigProblem::new(key, text, "set another value")));
    let llm = settings.llm.validate(profile == Profile::Production);
    problems.extend(llm.into_iter().map(|(key, text)| ConfigProblem::new(key, text, "set another value")));
    problems.extend(settings.features.iter().filter_map(|named| missing(named)));
    if !Blobs::knows(&settings.media.store_url) {
        problems.push(ConfigProblem::new("media.store_url", STORES, "set another value"));
    }
    if !settings.has("auth") {
        problems.push(ConfigProblem::new("features", "leaves out auth, which says who callers are", "name auth too"));
    }
    let url = settings.database_url();
    if !["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| url.expose().starts_with(scheme)) {
        problems.push(ConfigProblem::new("database.url", "is neither sqlite:// nor postgres://", "set DATABASE_URL"));
    }
    if !settings.is_on_sqlite() && settings.security.master_key.is_none() {
        let fix = "make one with `openssl rand -hex 32`, keep it safe, set APP__SECURITY__MASTER_KEY or ..._FILE";
        problems.push(ConfigProblem::new("security.master_key", "is required with PostgreSQL", fix));
    }
    if profile == Profile::Production {
        problems.extend(insecure(settings));
    }
    problems
}

/// What is wrong with the name of a feature.
fn missing(named: &str) -> Option<ConfigProblem> {
    let problem = match FEATURES.iter().find(|(feature, _)| *feature == named) {
        Some((_, true)) => return None,
        Some((_, false)) => format!("this program was built without `{named}`"),
        None => format!("there is no feature `{named}`"),
    };
    let built: Vec<&str> = FEATURES.iter().filter(|(_, built)| *built).map(|(feature, _)| *feature).collect();
    Some(ConfigProblem::new("features", problem, format!("the features are {}", built.join(", "))))
}

/// What production refuses.
fn insecure(settings: &Settings) -> Vec<ConfigProblem> {
    let mut problems = Vec::new();
    if !settings.rate_limits.enabled {
        let fix = "set APP__RATE_LIMITS__ENABLED=true";
        problems.push(ConfigProblem::new("rate_limits.enabled", "must be on in production", fix));
    }
    let auth = &settings.auth;
    if auth.registration == RegistrationSetting::Open && auth.email_verification == EmailVerification::Optional {
        let fix = "set APP__AUTH__EMAIL_VERIFICATION=required, or APP__AUTH__REGISTRATION=invite or closed";
        let problem = "open registration without verified addresses lets anybody find out who has an account";
        problems.push(ConfigProblem::new("auth.email_verification", problem, fix));
    }
    if settings.egress.allow_http {
        let fix = "set APP__EGRESS__ALLOW_HTTP=false";
        problems.push(ConfigProblem::new("egress.allow_http", "must be off in production", fix));
    }
    problems
}
