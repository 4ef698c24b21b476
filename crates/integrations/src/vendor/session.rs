use std::sync::Arc;
use std::time::Duration;

use core_cluster::Quota;
use core_egress::{Method, Url};

use super::transport::Lane;
use super::{Answer, Call, CallError, Transport};
use crate::accounts::Vault;
use crate::{Connection, IntegrationsConfig, IntegrationsError, Provider};

/// Where a provider is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Host {
    /// Without a slash at the end.
    pub(crate) base: String,
    /// From the settings, not from people.
    pub(crate) trusted: bool,
}

/// Where every provider is.
#[derive(Clone, Debug)]
pub(crate) struct Hosts {
    pub(crate) config: Arc<IntegrationsConfig>,
}

impl Hosts {
    fn operator(base: &str) -> Host {
        Host { base: base.trim_end_matches('/').to_owned(), trusted: true }
    }

    pub(crate) fn github(&self) -> Host {
        Self::operator(&self.config.github.api_base_url)
    }

    pub(crate) fn notion(&self) -> Host {
        Self::operator(&self.config.notion.api_base_url)
    }

    /// The site of a connection, unless the settings name one Jira for everybody.
    pub(crate) fn jira_site(&self, site: &str) -> Host {
        let one = &self.config.jira.api_base_url;
        if one.is_empty() { Host { base: site.trim_end_matches('/').to_owned(), trusted: false } } else { Self::operator(one) }
    }

    pub(crate) fn jira_gateway(&self, cloud_id: &str) -> Host {
        Self::operator(&format!("{}/ex/jira/{}", self.config.jira.gateway(), super::paths::segment(cloud_id)))
    }

    /// Where the API of a connection is.
    pub(crate) fn of(&self, connection: &Connection) -> Host {
        match connection.provider {
            Provider::Github => self.github(),
            Provider::Notion => self.notion(),
            Provider::Jira => match (connection.told("mode"), connection.told("cloud_id")) {
                (Some("gateway"), Some(cloud)) => self.jira_gateway(cloud),
                _ => self.jira_site(connection.told("site").unwrap_or_default()),
            },
        }
    }

    /// A call with what the provider wants to hear in each.
    pub(crate) fn call(&self, provider: Provider, host: &Host, method: Method, path: &str) -> Result<Call, IntegrationsError> {
        let url = Url::parse(&format!("{}{path}", host.base));
        let url = url.map_err(|_no_url| IntegrationsError::Internal("an address of a provider is no URL".to_owned()))?;
        let headers = match provider {
            Provider::Github => vec![
                ("accept", "application/vnd.github+json".to_owned()),
                ("x-github-api-version", self.config.github.api_version.clone()),
            ],
            Provider::Notion => {
                vec![("accept", "application/json".to_owned()), ("notion-version", self.config.notion.api_version.clone())]
            }
            Provider::Jira => vec![("accept", "application/json".to_owned())],
        };
        Ok(Call { method, url, headers, body: None, form: None, trusted: host.trusted })
    }

    /// In which line a call waits: who asks, and whether something is written.
    pub(crate) fn lane(&self, provider: Provider, who: &str, reads: bool) -> Lane {
        let (class, quota) = match (provider, reads) {
            // 80 creating calls a minute, and 900 points of which a write takes five.
            (Provider::Github, false) => ("write", Quota::new(5, Duration::from_secs(5))),
            (Provider::Github, true) => ("read", Quota::new(30, Duration::from_secs(3))),
            (Provider::Notion, _) => ("all", Quota::new(1, Duration::from_mins(1) / self.config.notion.calls_per_minute.max(1))),
            (Provider::Jira, false) => ("write", Quota::new(5, Duration::from_secs(1))),
            (Provider::Jira, true) => ("read", Quota::new(20, Duration::from_secs(1))),
        };
        Lane { key: format!("{}:{who}:{class}", provider.as_str()), quota }
    }
}

/// A connection in use.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) connection: Connection,
    pub(crate) hosts: Hosts,
    pub(crate) host: Host,
    pub(crate) transport: Transport,
    vault: Vault,
}

impl Session {
    pub(crate) fn new(connection: Connection, vault: Vault) -> Self {
        let host = vault.hosts.of(&connection);
        Self { connection, hosts: vault.hosts.clone(), host, transport: vault.transport.clone(), vault }
    }

    /// A call to the API; `path` is encoded already.
    pub(crate) fn call(&self, method: Method, path: &str) -> Result<Call, IntegrationsError> {
        self.hosts.call(self.connection.provider, &self.host, method, path)
    }

    /// Makes a call. Where the token is not taken it is refreshed once, and the call is made again: it was refused, so nothing was done.
    pub(crate) async fn send(&self, call: &Call) -> Result<Answer, CallError> {
        let lane = self.hosts.lane(self.connection.provider, &self.connection.id.to_string(), call.reads());
        let held = self.vault.access(self.connection.id).await?;
        let outcome = self.transport.send(call, &held.access, &lane).await;
        if outcome.as_ref().err().and_then(CallError::status) != Some(401) {
            return outcome;
        }
        match self.vault.renew(self.connection.id, held.version).await? {
            Some(renewed) => self.transport.send(call, &renewed.access, &lane).await,
            None => outcome,
        }
    }

    /// Reads.
    pub(crate) async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Answer, CallError> {
        let call = self.call(Method::GET, path)?;
        let call = if query.is_empty() { call } else { call.with_query(query) };
        self.send(&call).await
    }
}
