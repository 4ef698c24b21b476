use core_egress::Method;
use core_kernel::{Secret, Timestamp};
use serde_json::{Map, Value, json};

use super::credentials::{Credentials, Known, Parsed};
use super::github_app::{AppClient, app_token};
use crate::error::Choice;
use crate::vendor::{Access, Answer, CallError, Host, Hosts, Transport};
use crate::{IntegrationsError, Provider};

/// Asks providers whether they take credentials, and whose they are.
#[derive(Clone)]
pub(crate) struct Prober {
    pub(crate) hosts: Hosts,
    pub(crate) transport: Transport,
}

fn members(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

/// What a refused look means: the credentials are at fault, unless the provider is.
fn credentials_fault(error: CallError) -> IntegrationsError {
    match error {
        CallError::Refused(refusal) if refusal.limited.is_none() => IntegrationsError::CredentialsRefused(refusal.message),
        other => other.into(),
    }
}

/// The same of a site that somebody named.
fn site_fault(host: &Host, error: CallError) -> IntegrationsError {
    match error {
        CallError::NotSent(cause) if !host.trusted => {
            IntegrationsError::field("/credentials/site", "unreachable", unreachable_text(&cause))
        }
        other => credentials_fault(other),
    }
}

/// What stands at an address and answers, but not as the provider does.
fn is_somebody_else(provider: &str) -> IntegrationsError {
    IntegrationsError::CredentialsRefused(format!("What answers at this address is no {provider}."))
}

fn unreachable_text(cause: &str) -> String {
    let refused = cause.starts_with("the address is refused");
    if refused { "is not a public https address".to_owned() } else { "can't be reached".to_owned() }
}

impl Prober {
    /// Checks credentials with their provider.
    pub(crate) async fn know(&self, provider: Provider, parsed: Parsed) -> Result<Known, IntegrationsError> {
        match parsed {
            Parsed::Token { token, expires_at } if provider == Provider::Notion => {
                let answer = self.notion(&token).await?;
                Ok(notion_known(&answer, Credentials::Token { token }, expires_at))
            }
            Parsed::Token { token, expires_at } => {
                let (name, account) = self.github(&token).await?;
                Ok(Known { credentials: Credentials::Token { token }, name, account, expires_at })
            }
            Parsed::App { app_id, private_key, installation_id } => self.app(app_id, private_key, installation_id).await,
            Parsed::Jira { site, email: Some(user), token, expires_at } => self.jira_cloud(site, user, token, expires_at).await,
            Parsed::Jira { site, email: None, token, expires_at } => self.jira_data_center(site, token, expires_at).await,
        }
    }

    /// Whose tokens of OAuth these are. `workspace` is what the token endpoint told.
    pub(crate) async fn know_oauth(
        &self,
        provider: Provider,
        access: &Secret,
        credentials: Credentials,
        expires_at: Option<Timestamp>,
        workspace: Option<String>,
    ) -> Result<Known, IntegrationsError> {
        match provider {
            Provider::Github => {
                let (name, account) = self.github(access).await?;
                Ok(Known { credentials, name, account, expires_at })
            }
            Provider::Notion => {
                let answer = self.notion(access).await?;
                let mut known = notion_known(&answer, credentials, expires_at);
                if let Some(workspace) = workspace {
                    known.account.insert("workspace".to_owned(), json!(workspace));
                    known.name = workspace;
                }
                Ok(known)
            }
            Provider::Jira => self.jira_sites(access, credentials, expires_at).await,
        }
    }

    async fn get(&self, provider: Provider, host: &Host, path: &str, access: &Access) -> Result<Answer, CallError> {
        let call = self.hosts.call(provider, host, Method::GET, path)?;
        self.transport.send(&call, access, &self.hosts.lane(provider, "checks", true)).await
    }

    async fn github(&self, token: &Secret) -> Result<(String, Map<String, Value>), IntegrationsError> {
        let (host, access) = (self.hosts.github(), Access::Bearer(token.clone()));
        match self.get(Provider::Github, &host, "/user", &access).await {
            Ok(answer) => {
                let login = answer.text("/login").ok_or_else(|| is_somebody_else("GitHub"))?.to_owned();
                let account = json!({"login": login, "url": answer.text("/html_url"), "scopes": answer.header("x-oauth-scopes")});
                Ok((login, members(account)))
            }
            // Tokens of installations belong to nobody.
            Err(error) if error.status() == Some(403) => {
                let look = self.get(Provider::Github, &host, "/installation/repositories?per_page=1", &access).await;
                look.map_err(credentials_fault)?;
                Ok(("GitHub".to_owned(), members(json!({"login": null}))))
            }
            Err(error) => Err(credentials_fault(error)),
        }
    }

    async fn app(&self, app_id: String, private_key: Secret, installation: Option<u64>) -> Result<Known, IntegrationsError> {
        let client = AppClient { hosts: self.hosts.clone(), transport: self.transport.clone() };
        let access = Access::Bearer(app_token(&app_id, &private_key, self.transport.clock())?);
        let installed = client.installations(&access, &app_id).await.map_err(credentials_fault)?;
        let chosen = match installation {
            Some(wanted) => installed.iter().find(|(id, _)| *id == wanted),
            None if installed.len() == 1 => installed.first(),
            None => {
                let choice = |(id, login): &(u64, String)| Choice { id: id.to_string(), name: login.clone() };
                let choices = installed.iter().map(choice).collect();
                let what = "The app has no installation, or several: send `installation_id`.".to_owned();
                return Err(IntegrationsError::ChoiceNeeded { what, choices });
            }
        };
        let missing = || IntegrationsError::field("/credentials/installation_id", "not_found", "the app is not installed there");
        let (installation_id, login) = chosen.cloned().ok_or_else(missing)?;
        client.installation_token(&access, &app_id, installation_id).await.map_err(credentials_fault)?;
        let account = members(json!({"login": login, "app_id": app_id, "installation_id": installation_id}));
        let credentials = Credentials::App { app_id, private_key, installation_id };
        Ok(Known { credentials, name: login, account, expires_at: None })
    }

    async fn notion(&self, token: &Secret) -> Result<Answer, IntegrationsError> {
        let look = self.get(Provider::Notion, &self.hosts.notion(), "/v1/users/me", &Access::Bearer(token.clone())).await;
        let answer = look.map_err(credentials_fault)?;
        if answer.text("/object") == Some("user") { Ok(answer) } else { Err(is_somebody_else("Notion")) }
    }

    /// A classic token works at the site. A scoped one works at the gateway alone, where the site goes by another id.
    async fn jira_cloud(
        &self,
        site: String,
        user: String,
        token: Secret,
        expires_at: Option<Timestamp>,
    ) -> Result<Known, IntegrationsError> {
        let access = Access::Basic(user.clone(), token.clone());
        let host = self.hosts.jira_site(&site);
        let at_site = self.get(Provider::Jira, &host, "/rest/api/3/myself", &access).await;
        let (answer, mut account) = match at_site {
            Ok(answer) => (answer, members(json!({"mode": "site", "site": site}))),
            Err(error) if error.status() == Some(401) => {
                let refused = site_fault(&host, error);
                let Ok(tenant) = self.get(Provider::Jira, &host, "/_edge/tenant_info", &Access::Nobody).await else {
                    return Err(refused);
                };
                let cloud_id = tenant.text("/cloudId").ok_or(refused)?.to_owned();
                let gateway = self.hosts.jira_gateway(&cloud_id);
                let answer =
                    self.get(Provider::Jira, &gateway, "/rest/api/3/myself", &access).await.map_err(credentials_fault)?;
                (answer, members(json!({"mode": "gateway", "site": site, "cloud_id": cloud_id})))
            }
            Err(error) => return Err(site_fault(&host, error)),
        };
        let name = describe(&answer, &mut account)?;
        Ok(Known { credentials: Credentials::Basic { user, token }, name, account, expires_at })
    }

    async fn jira_data_center(
        &self,
        site: String,
        token: Secret,
        expires_at: Option<Timestamp>,
    ) -> Result<Known, IntegrationsError> {
        let host = self.hosts.jira_site(&site);
        let look = self.get(Provider::Jira, &host, "/rest/api/2/myself", &Access::Bearer(token.clone())).await;
        let mut account = members(json!({"mode": "data_center", "site": site}));
        let name = describe(&look.map_err(|error| site_fault(&host, error))?, &mut account)?;
        Ok(Known { credentials: Credentials::Token { token }, name, account, expires_at })
    }

    /// The sites that tokens of OAuth reach. Of several none is chosen: the settings have to name one.
    async fn jira_sites(
        &self,
        access: &Secret,
        credentials: Credentials,
        expires_at: Option<Timestamp>,
    ) -> Result<Known, IntegrationsError> {
        let host = Host { base: self.hosts.config.jira.gateway().to_owned(), trusted: true };
        let path = "/oauth/token/accessible-resources";
        let look = self.get(Provider::Jira, &host, path, &Access::Bearer(access.clone())).await;
        let answer = look.map_err(credentials_fault)?;
        let text = |site: &Value, name: &str| site.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let one = |site: &Value| json!({"id": text(site, "id"), "name": text(site, "name"), "url": text(site, "url")});
        let sites: Vec<Value> = answer.list("").iter().map(one).collect();
        let mut account = members(json!({"mode": "gateway", "sites": sites}));
        if let [only] = sites.as_slice() {
            account.insert("cloud_id".to_owned(), json!(text(only, "id")));
            account.insert("site".to_owned(), json!(text(only, "url")));
        }
        let name = sites.first().map_or_else(|| "Jira".to_owned(), |site| text(site, "name"));
        Ok(Known { credentials, name, account, expires_at })
    }
}

fn notion_known(answer: &Answer, credentials: Credentials, expires_at: Option<Timestamp>) -> Known {
    let workspace = answer.text("/bot/workspace_name");
    let name = workspace.or_else(|| answer.text("/name")).unwrap_or("Notion").to_owned();
    let account = members(json!({"bot_id": answer.text("/id"), "bot": answer.text("/name"), "workspace": workspace}));
    Known { credentials, name, account, expires_at }
}

fn describe(answer: &Answer, account: &mut Map<String, Value>) -> Result<String, IntegrationsError> {
    let name = answer.text("/displayName").ok_or_else(|| is_somebody_else("Jira"))?.to_owned();
    account.insert("display_name".to_owned(), json!(name));
    account.insert("account_id".to_owned(), json!(answer.text("/accountId").or_else(|| answer.text("/key"))));
    Ok(name)
}
