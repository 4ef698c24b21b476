use std::time::Duration;

use core_egress::Url;
use core_kernel::Secret;
use serde::{Deserialize, Serialize};

/// Settings of integrations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IntegrationsConfig {
    /// GitHub.
    pub github: GithubConfig,
    /// Notion.
    pub notion: NotionConfig,
    /// Jira.
    pub jira: JiraConfig,
    /// Where the browser may be sent at the end of connecting by OAuth, compared letter by letter. What is below this server's own public
    /// URL is always allowed.
    #[serde(deserialize_with = "core_kernel::comma_list")]
    pub redirect_uris: Vec<String>,
    /// The most time that one call to a provider may take, in milliseconds.
    pub timeout_ms: u64,
    /// How long a request waits for a provider's limit before it is refused with 429, in seconds.
    pub max_wait_seconds: u64,
    /// How long after a create whose answer was lost a search that finds nothing is believed, in seconds.
    pub settle_seconds: u64,
}

/// GitHub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GithubConfig {
    /// The API: of an Enterprise Server `https://HOST/api/v3`.
    pub api_base_url: String,
    /// The site, where people agree to OAuth.
    pub web_base_url: String,
    /// `X-GitHub-Api-Version`; a server refuses one that it does not know.
    pub api_version: String,
    /// The app that people connect by OAuth.
    pub client_id: String,
    /// Its secret.
    #[serde(skip_serializing)]
    pub client_secret: Secret,
    /// What is asked for.
    pub scope: String,
}

/// Notion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NotionConfig {
    /// The API, without `/v1`.
    pub api_base_url: String,
    /// `Notion-Version`.
    pub api_version: String,
    /// The app that people connect by OAuth.
    pub client_id: String,
    /// Its secret.
    #[serde(skip_serializing)]
    pub client_secret: Secret,
    /// Calls a minute and connection; Notion allows 180.
    pub calls_per_minute: u32,
}

/// Jira.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JiraConfig {
    /// One Jira for everybody; empty: the site of each connection.
    pub api_base_url: String,
    /// The gateway for scoped tokens and OAuth; empty: `api_base_url`, or Atlassian's where that is empty too.
    pub gateway_base_url: String,
    /// Where people agree to OAuth and tokens are exchanged; empty: `api_base_url`, or Atlassian's where that is empty too.
    pub auth_base_url: String,
    /// The app that people connect by OAuth.
    pub client_id: String,
    /// Its secret.
    #[serde(skip_serializing)]
    pub client_secret: Secret,
    /// What is asked for.
    pub scope: String,
}

impl Default for IntegrationsConfig {
    fn default() -> Self {
        Self {
            github: GithubConfig::default(),
            notion: NotionConfig::default(),
            jira: JiraConfig::default(),
            redirect_uris: Vec::new(),
            timeout_ms: 15_000,
            max_wait_seconds: 10,
            settle_seconds: 30,
        }
    }
}

impl Default for GithubConfig {
    fn default() -> Self {
        Self {
            api_base_url: "https://api.github.com".to_owned(),
            web_base_url: "https://github.com".to_owned(),
            api_version: "2022-11-28".to_owned(),
            client_id: String::new(),
            client_secret: Secret::default(),
            scope: "repo".to_owned(),
        }
    }
}

impl Default for NotionConfig {
    fn default() -> Self {
        Self {
            api_base_url: "https://api.notion.com".to_owned(),
            api_version: "2026-03-11".to_owned(),
            client_id: String::new(),
            client_secret: Secret::default(),
            calls_per_minute: 180,
        }
    }
}

impl Default for JiraConfig {
    fn default() -> Self {
        Self {
            api_base_url: String::new(),
            gateway_base_url: String::new(),
            auth_base_url: String::new(),
            client_id: String::new(),
            client_secret: Secret::default(),
            scope: "read:jira-work write:jira-work read:jira-user offline_access".to_owned(),
        }
    }
}

fn or<'a>(first: &'a str, second: &'a str, last: &'a str) -> &'a str {
    [first, second].into_iter().find(|url| !url.is_empty()).unwrap_or(last).trim_end_matches('/')
}

impl JiraConfig {
    pub(crate) fn gateway(&self) -> &str {
        or(&self.gateway_base_url, &self.api_base_url, "https://api.atlassian.com")
    }

    pub(crate) fn auth(&self) -> &str {
        or(&self.auth_base_url, &self.api_base_url, "https://auth.atlassian.com")
    }
}

impl IntegrationsConfig {
    /// What is wrong with it: setting and rule.
    pub fn validate(&self) -> Vec<(&'static str, String)> {
        let address =
            |url: &str| Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some());
        let maybe = |url: &str| url.is_empty() || address(url);
        let no_url = "must be an http or https address";
        let rules = [
            (address(&self.github.api_base_url), "github.api_base_url", no_url),
            (address(&self.github.web_base_url), "github.web_base_url", no_url),
            (!self.github.api_version.is_empty(), "github.api_version", "must not be empty"),
            (address(&self.notion.api_base_url), "notion.api_base_url", no_url),
            (!self.notion.api_version.is_empty(), "notion.api_version", "must not be empty"),
            ((1..=100_000).contains(&self.notion.calls_per_minute), "notion.calls_per_minute", "must be 1 to 100000"),
            (maybe(&self.jira.api_base_url), "jira.api_base_url", no_url),
            (maybe(&self.jira.gateway_base_url), "jira.gateway_base_url", no_url),
            (maybe(&self.jira.auth_base_url), "jira.auth_base_url", no_url),
            (
                self.redirect_uris.iter().all(|uri| is_fit(uri)),
                "redirect_uris",
                "must be https, or http on this machine, without a fragment",
            ),
            ((10..=120_000).contains(&self.timeout_ms), "timeout_ms", "must be 10 to 120000"),
            (self.max_wait_seconds <= 3600, "max_wait_seconds", "must be at most 3600"),
            ((1..=3600).contains(&self.settle_seconds), "settle_seconds", "must be 1 to 3600"),
        ];
        rules.into_iter().filter(|(holds, ..)| !holds).map(|(_, name, rule)| (name, rule.to_owned())).collect()
    }

    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    pub(crate) fn settle(&self) -> Duration {
        Duration::from_secs(self.settle_seconds)
    }
}

fn is_fit(uri: &str) -> bool {
    let Ok(url) = Url::parse(uri) else { return false };
    let here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    url.fragment().is_none() && (url.scheme() == "https" || (url.scheme() == "http" && here))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_fit_and_nonsense_is_named() {
        assert_eq!(IntegrationsConfig::default().validate(), []);
        let config: IntegrationsConfig = serde_json::from_value(serde_json::json!({
            "github": {"api_base_url": "ftp://x"}, "jira": {"api_base_url": "x"}, "redirect_uris": "http://evil.example/,https://a/#b",
            "timeout_ms": 1,
        }))
        .unwrap();
        let names: Vec<&str> = config.validate().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["github.api_base_url", "jira.api_base_url", "redirect_uris", "timeout_ms"]);
    }

    #[test]
    fn one_address_of_jira_stands_for_all_three() {
        let one = JiraConfig { api_base_url: "http://127.0.0.1:1/".to_owned(), ..JiraConfig::default() };
        assert_eq!((one.gateway(), one.auth()), ("http://127.0.0.1:1", "http://127.0.0.1:1"));
        assert_eq!(JiraConfig::default().gateway(), "https://api.atlassian.com");
    }
}
