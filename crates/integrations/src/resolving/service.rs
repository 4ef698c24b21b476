use async_trait::async_trait;
use core_db::Db;
use core_egress::Url;
use core_kernel::Actor;

use super::{Found, Provenance, ResolvedLink, github, jira, notion};
use crate::accounts::Vault;
use crate::error::Choice;
use crate::links::{JiraSite, Link, LinkOptions, LinkProvider, parse_links};
use crate::service::Links;
use crate::store::connections;
use crate::vendor::Session;
use crate::{Connection, ConnectionId, IntegrationsConfig, IntegrationsError, Provider, permissions};

/// The most links of one text that are resolved: each costs calls to a provider.
const MOST_RESOLVED: usize = 10;

/// [`Links`] over the parser and the connections.
#[derive(Clone)]
pub(crate) struct LinkService {
    pub(crate) db: Db,
    pub(crate) vault: Vault,
    pub(crate) config: std::sync::Arc<IntegrationsConfig>,
}

#[async_trait]
impl Links for LinkService {
    async fn parse(&self, actor: &Actor, text: &str) -> Result<Vec<Link>, IntegrationsError> {
        actor.require(&permissions::READ)?;
        Ok(parse_links(text, &self.options(actor).await?))
    }

    async fn resolve(
        &self,
        actor: &Actor,
        text: &str,
        connection: Option<ConnectionId>,
    ) -> Result<Vec<ResolvedLink>, IntegrationsError> {
        actor.require(&permissions::READ)?;
        let named = match connection {
            None => None,
            Some(id) => {
                let wrong = || IntegrationsError::field("/connection_id", "not_found", "a connection of yours");
                Some(connections::find(self.db.read(), actor, id).await?.ok_or_else(wrong)?)
            }
        };
        let mut resolved = Vec::new();
        for link in parse_links(text, &self.options(actor).await?).into_iter().take(MOST_RESOLVED) {
            let found = match self.connection(actor, &link, named.as_ref()).await {
                Ok(connection) => self.look(&link, connection).await,
                Err(error) => Err(error),
            };
            // What is wrong with one link is said beside it; what is wrong here is wrong with all of them.
            match found {
                Err(error @ (IntegrationsError::Db(_) | IntegrationsError::Cluster(_) | IntegrationsError::Internal(_))) => {
                    return Err(error);
                }
                found => resolved.push(ResolvedLink { link, found }),
            }
        }
        Ok(resolved)
    }
}

impl LinkService {
    /// The parser knows the hosts that the settings and the actor's connections name.
    async fn options(&self, actor: &Actor) -> Result<LinkOptions, IntegrationsError> {
        let own = host(&self.config.github.web_base_url).filter(|host| host != "github.com");
        let mut options = LinkOptions { github_hosts: own.into_iter().collect(), ..LinkOptions::default() };
        for connection in connections::of_provider(self.db.read(), actor, Provider::Jira).await? {
            options.jira_projects.extend(connection.settings.project.clone());
            let Some(site) = connection.told("site").and_then(|site| Url::parse(site).ok()) else { continue };
            if let Some(host) = host(site.as_str()).filter(|host| !host.ends_with(".atlassian.net")) {
                options.jira_sites.push(JiraSite { host, context_path: site.path().trim_end_matches('/').to_owned() });
            }
        }
        Ok(options)
    }

    /// The connection that a link is read through: the named one, or the only one that leads there.
    async fn connection(&self, actor: &Actor, link: &Link, named: Option<&Connection>) -> Result<Connection, IntegrationsError> {
        let provider = match link.provider {
            LinkProvider::Github => Provider::Github,
            LinkProvider::Notion => Provider::Notion,
            LinkProvider::Jira => Provider::Jira,
        };
        let leads_there = |connection: &Connection| connection.provider == provider && self.reaches(connection, link);
        if let Some(connection) = named.filter(|connection| leads_there(connection)) {
            return Ok(connection.clone());
        }
        let mut all = connections::of_provider(self.db.read(), actor, provider).await?;
        all.retain(leads_there);
        if all.len() > 1 {
            let choice = |own: &Connection| Choice { id: own.id.to_string(), name: own.name.clone() };
            return Err(IntegrationsError::AmbiguousConnection(all.iter().map(choice).collect()));
        }
        all.pop().ok_or(IntegrationsError::NoConnection(provider.as_str()))
    }

    /// True when what the link names is what the connection would read: the same key on another site is another issue.
    fn reaches(&self, connection: &Connection, link: &Link) -> bool {
        match link.provider {
            LinkProvider::Notion => true,
            LinkProvider::Github => {
                let shown = link.canonical_url.as_deref().and_then(host);
                let shown = shown.as_deref().map(|host| host.strip_prefix("gist.").unwrap_or(host));
                shown.is_none_or(|shown| host(&self.config.github.web_base_url).as_deref() == Some(shown))
            }
            LinkProvider::Jira => match link.target.site.as_deref().map(|site| (site, site.strip_prefix("cloud:"))) {
                None => true,
                Some((_, Some(cloud))) => connection.told("cloud_id") == Some(cloud),
                Some((site, None)) => {
                    let same = |own: &str| own.trim_end_matches('/').eq_ignore_ascii_case(site);
                    connection.told("site").is_some_and(same)
                }
            },
        }
    }

    async fn look(&self, link: &Link, connection: Connection) -> Result<Found, IntegrationsError> {
        let provenance = Provenance {
            provider: link.provider,
            connection_id: connection.id,
            url: link.canonical_url.clone(),
            reference: None,
            sha: None,
            retrieved_at: self.db.ambient().now(),
        };
        let session = Session::new(connection, self.vault.clone());
        match link.provider {
            LinkProvider::Github => github::look(&session, link, provenance).await,
            LinkProvider::Notion => notion::look(&session, link, provenance).await,
            LinkProvider::Jira => jira::look(&session, link, provenance).await,
        }
    }
}

/// The host of an address, with its port where it is not the default.
fn host(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}
