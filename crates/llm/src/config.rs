use std::collections::BTreeMap;
use std::time::Duration;

use core_kernel::Secret;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::breaker::BreakerConfig;
use crate::cache::CacheConfig;
use crate::catalogue::ModelFacts;
use crate::guard::GuardConfig;
use crate::leaving::LeavingConfig;
use crate::provider::{Line, OpenAiDialect, ProviderKind};

/// Settings of this feature (`[llm]`, `APP__LLM__...`).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LlmConfig {
    /// Providers by name. Empty: summaries only.
    pub providers: BTreeMap<String, ProviderConfig>,
    /// The model of requests that name none, as `provider/model` or a model's bare name.
    pub default_model: Option<String>,
    /// The model of embeddings that name none; absent: vectors are made without a model.
    pub embedding_model: Option<String>,
    /// Long conversations are summarised as they grow, so that a request holds a summary of the earlier turns.
    pub rolling_summaries: bool,
    /// Models that are tried, in order, when the one asked for fails before it showed anything.
    #[serde(deserialize_with = "core_kernel::comma_list")]
    pub fallbacks: Vec<String>,
    /// How long calls may take.
    pub timeouts: Timeouts,
    /// How failed calls are repeated.
    pub retry: RetryConfig,
    /// What becomes of answers that nobody watches any more.
    pub leaving: LeavingConfig,
    /// Names that stand for several models, spread by weight; the others are fallbacks.
    pub routes: BTreeMap<String, Vec<Weighted>>,
    /// When a model that keeps failing is left alone.
    pub breaker: BreakerConfig,
    /// Answers that are given again.
    pub cache: CacheConfig,
    /// What must not reach a provider.
    pub guard: GuardConfig,
    /// What the built-in table of models does not know or has wrong, by `provider/model`.
    pub models: BTreeMap<String, ModelFacts>,
    /// The most bytes of one answer; more is cut off and reported as broken off.
    pub max_answer_bytes: usize,
}

impl Default for LlmConfig {
    fn default() -> Self {
        Self {
            providers: BTreeMap::new(),
            default_model: None,
            embedding_model: None,
            rolling_summaries: true,
            fallbacks: Vec::new(),
            timeouts: Timeouts::default(),
            retry: RetryConfig::default(),
            leaving: LeavingConfig::default(),
            routes: BTreeMap::new(),
            breaker: BreakerConfig::default(),
            cache: CacheConfig::default(),
            guard: GuardConfig::default(),
            models: BTreeMap::new(),
            max_answer_bytes: 8 * 1024 * 1024,
        }
    }
}

/// A model of a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weighted {
    /// `provider/model`.
    pub model: String,
    /// Its share of the calls; 0: only when the others fail.
    pub weight: u32,
}

/// One provider.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderConfig {
    /// Which protocol it speaks. A provider that has the name of a protocol speaks that one when nothing is said.
    #[serde(default)]
    pub kind: Option<ProviderKind>,
    /// Where it is; by default the vendor's own address. A path is kept, otherwise the protocol's usual one is added.
    #[serde(default)]
    pub base_url: Option<String>,
    /// Its key; servers on one's own machine need none.
    #[serde(default, skip_serializing)]
    pub api_key: Secret,
    /// With `openai`: which server it is, where it differs from OpenAI's own.
    #[serde(default)]
    pub dialect: Option<&'static OpenAiDialect>,
    /// Models that are offered by name; the first is the provider's default.
    #[serde(default, deserialize_with = "core_kernel::comma_list")]
    pub models: Vec<String>,
    /// What a `scripted` provider plays, by model name; by default a set that shows each behaviour.
    #[serde(default)]
    pub scripts: BTreeMap<String, Vec<Line>>,
}

impl ProviderConfig {
    /// A provider at its vendor's address.
    pub fn new(kind: ProviderKind, api_key: impl Into<Secret>) -> Self {
        Self {
            kind: Some(kind),
            base_url: None,
            api_key: api_key.into(),
            dialect: None,
            models: Vec::new(),
            scripts: BTreeMap::new(),
        }
    }

    /// The protocol of a provider of this name.
    pub fn kind_of(&self, name: &str) -> Option<ProviderKind> {
        self.kind.or_else(|| {
            let known = ProviderKind::ALL.into_iter().filter(|kind| *kind != ProviderKind::Scripted);
            known.into_iter().find(|kind| kind.as_str() == name)
        })
    }

    /// Where requests go: the base URL with its path, ending in a slash.
    pub fn resolved_base_url(&self, kind: ProviderKind) -> Result<Url, String> {
        let (default, path) = match kind {
            ProviderKind::Gemini => ("https://generativelanguage.googleapis.com", "v1beta/"),
            ProviderKind::Openai | ProviderKind::OpenaiResponses => ("https://api.openai.com", "v1/"),
            ProviderKind::Anthropic => ("https://api.anthropic.com", "v1/"),
            ProviderKind::Ollama => ("http://127.0.0.1:11434", ""),
            ProviderKind::Scripted => ("http://scripted.invalid", ""),
        };
        let text = self.base_url.as_deref().unwrap_or(default).trim().trim_end_matches('/');
        // `OLLAMA_HOST` is written without a scheme.
        let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let mut url = Url::parse(&text).map_err(|error| format!("is not a URL ({error})"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("must begin with http:// or https://".to_owned());
        }
        if kind == ProviderKind::Ollama && url.path() == "/v1" {
            // The address of its OpenAI-compatible interface, which many have written down.
            url.set_path("/");
        }
        let path = if url.path() == "/" { format!("/{path}") } else { format!("{}/", url.path()) };
        url.set_path(&path);
        Ok(url)
    }

    /// Model names on offer: the configured ones, else the one that stands in for none.
    pub(crate) fn offered_models(&self, kind: ProviderKind) -> Vec<String> {
        if !self.models.is_empty() {
            return self.models.clone();
        }
        match kind {
            ProviderKind::Gemini => vec!["gemini-2.5-flash".to_owned()],
            ProviderKind::Openai | ProviderKind::OpenaiResponses if self.base_url.is_none() => vec!["gpt-5-mini".to_owned()],
            ProviderKind::Anthropic => vec!["claude-sonnet-4-5".to_owned()],
            _ => Vec::new(),
        }
    }
}

/// How long calls may take, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timeouts {
    /// A unary call in all, retries included.
    pub total_seconds: u64,
    /// Until a provider sends its first byte.
    pub first_byte_seconds: u64,
    /// Between two bytes of a stream.
    pub idle_seconds: u64,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { total_seconds: 120, first_byte_seconds: 120, idle_seconds: 60 }
    }
}

impl Timeouts {
    pub(crate) const fn total(&self) -> Duration {
        Duration::from_secs(self.total_seconds)
    }

    pub(crate) const fn first_byte(&self) -> Duration {
        Duration::from_secs(self.first_byte_seconds)
    }

    pub(crate) const fn idle(&self) -> Duration {
        Duration::from_secs(self.idle_seconds)
    }
}

/// How failed calls are repeated, as long as nothing was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetryConfig {
    /// Tries per model, the first included.
    pub attempts: u32,
    /// The first wait in milliseconds; each later one is twice as long, up to 8 s, with jitter.
    pub base_ms: u64,
    /// How long a call waits at most, over all its tries and models, because providers ask for it. A longer wait is left to the caller.
    pub max_wait_seconds: u64,
}

impl Default for RetryConfig {
    fn default() -> Self {
        Self { attempts: 3, base_ms: 500, max_wait_seconds: 10 }
    }
}

impl LlmConfig {
    /// Every problem as (setting, what is wrong). `production` refuses what is for development only.
    pub fn validate(&self, production: bool) -> Vec<(String, String)> {
        let mut faults = Vec::new();
        for (name, provider) in &self.providers {
            let key = |field: &str| format!("llm.providers.{name}.{field}");
            if name.is_empty() || !name.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_')) {
                faults.push((format!("llm.providers.{name}"), "may have letters, digits, - and _ in its name only".to_owned()));
            }
            if name == crate::provider::OFFLINE_PROVIDER {
                faults.push((format!("llm.providers.{name}"), "takes the name of the built-in provider".to_owned()));
            }
            let Some(kind) = provider.kind_of(name) else {
                faults.push((
                    key("kind"),
                    "is needed: one of `gemini`, `openai`, `openai_responses`, `anthropic`, `ollama`, `scripted`".to_owned(),
                ));
                continue;
            };
            if production && kind == ProviderKind::Scripted {
                faults.push((key("kind"), "`scripted` replays canned answers and is refused in production".to_owned()));
            }
            if let Err(fault) = provider.resolved_base_url(kind) {
                faults.push((key("base_url"), fault));
            }
            let vendor = !matches!(kind, ProviderKind::Ollama | ProviderKind::Scripted) && provider.base_url.is_none();
            if vendor && provider.api_key.is_empty() {
                faults.push((key("api_key"), "is needed at the vendor's own address".to_owned()));
            }
        }
        if self.retry.attempts == 0 {
            faults.push(("llm.retry.attempts".to_owned(), "must be at least 1".to_owned()));
        }
        let times = [self.timeouts.total_seconds, self.timeouts.first_byte_seconds, self.timeouts.idle_seconds];
        if times.contains(&0) {
            faults.push(("llm.timeouts".to_owned(), "must be at least one second each".to_owned()));
        }
        faults.extend(self.guard.faults());
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(kind: ProviderKind, url: &str) -> String {
        let provider = ProviderConfig { base_url: Some(url.into()), ..ProviderConfig::new(kind, "") };
        provider.resolved_base_url(kind).unwrap().to_string()
    }

    #[test]
    fn base_urls_are_normalised_however_they_are_written() {
        for url in ["http://host:1/v1", "http://host:1/v1/", "http://host:1", "http://host:1/"] {
            assert_eq!(base(ProviderKind::Openai, url), "http://host:1/v1/");
        }
        assert_eq!(base(ProviderKind::Openai, "https://gw.example/openai/v2"), "https://gw.example/openai/v2/");
        assert_eq!(base(ProviderKind::Gemini, "http://host:1"), "http://host:1/v1beta/");
        for url in ["127.0.0.1:11434", "http://127.0.0.1:11434/v1"] {
            assert_eq!(base(ProviderKind::Ollama, url), "http://127.0.0.1:11434/");
        }
        assert_eq!(base(ProviderKind::Anthropic, "http://host:1"), "http://host:1/v1/");
        assert!(
            ProviderConfig { base_url: Some("ftp://x".into()), ..ProviderConfig::new(ProviderKind::Openai, "") }
                .resolved_base_url(ProviderKind::Openai)
                .is_err()
        );
    }

    #[test]
    fn production_refuses_scripts_and_vendors_need_keys() {
        let mut config = LlmConfig::default();
        config.providers.insert("demo".into(), ProviderConfig::new(ProviderKind::Scripted, ""));
        config.providers.insert("gemini".into(), ProviderConfig::new(ProviderKind::Gemini, ""));
        config.providers.insert("offline".into(), ProviderConfig::new(ProviderKind::Ollama, ""));
        let keys: Vec<String> = config.validate(true).into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["llm.providers.demo.kind", "llm.providers.gemini.api_key", "llm.providers.offline"]);
        assert_eq!(config.validate(false).len(), 2);
    }

    #[test]
    fn lists_are_read_from_lists_and_from_texts_and_secrets_stay_hidden() {
        let config: LlmConfig = serde_json::from_value(serde_json::json!({
            "fallbacks": "a/b, c",
            "providers": { "p": { "kind": "openai", "api_key": "sk-canary", "models": ["m"] }, "gemini": { "api_key": "k" } },
        }))
        .unwrap();
        assert_eq!(config.validate(true), []);
        assert_eq!(config.providers["gemini"].kind_of("gemini"), Some(ProviderKind::Gemini));
        assert_eq!(config.providers["gemini"].kind_of("other"), None);
        assert_eq!(config.fallbacks, ["a/b", "c"]);
        assert_eq!(config.providers["p"].models, ["m"]);
        assert!(!format!("{config:?}").contains("canary"));
    }
}
