use async_trait::async_trait;
use core_db::{AuditEntry, Db, DbError, Tx, audit};
use core_kernel::{Actor, Page, PageRequest, Visibility};
use serde_json::{Value, json};

use super::credentials::{Known, name_fault};
use super::{Prober, Vault, resources};
use crate::service::Connections;
use crate::store::connections;
use crate::vendor::{CallError, Session};
use crate::{
    Connection, ConnectionChange, ConnectionId, ConnectionStatus, IntegrationsError, NewConnection, NewCredentials, Provider,
    Resource, ResourceKind, Settings, permissions,
};

/// [`Connections`] over the table and the providers.
#[derive(Clone)]
pub(crate) struct ConnectionService {
    pub(crate) db: Db,
    pub(crate) vault: Vault,
    pub(crate) prober: Prober,
}

#[async_trait]
impl Connections for ConnectionService {
    async fn create(&self, actor: &Actor, new: NewConnection) -> Result<Connection, IntegrationsError> {
        actor.require(&permissions::CONNECT)?;
        check(new.provider, &new.settings, new.name.as_deref())?;
        let parsed = new.credentials.parse(new.provider)?;
        let known = self.prober.know(new.provider, parsed).await?;
        self.store(actor, new.provider, known, (new.name, new.settings, new.visibility)).await
    }

    async fn list(
        &self,
        actor: &Actor,
        provider: Option<Provider>,
        page: &PageRequest,
    ) -> Result<Page<Connection>, IntegrationsError> {
        actor.require(&permissions::READ)?;
        Ok(connections::list(self.db.read(), actor, provider, page).await?)
    }

    async fn get(&self, actor: &Actor, id: ConnectionId) -> Result<Connection, IntegrationsError> {
        actor.require(&permissions::READ)?;
        Ok(connections::find(self.db.read(), actor, id).await?.ok_or(DbError::NotFound)?)
    }

    async fn update(
        &self,
        actor: &Actor,
        id: ConnectionId,
        change: ConnectionChange,
        version: Option<i64>,
    ) -> Result<Connection, IntegrationsError> {
        actor.require(&permissions::CONNECT)?;
        let before = connections::find(self.db.read(), actor, id).await?.ok_or(DbError::NotFound)?;
        let mut changed = at_version(before, version)?;
        let from = changed.version;
        check(changed.provider, change.settings.as_ref().unwrap_or(&Settings::default()), change.name.as_deref())?;
        let known = self.know_again(&changed, change.credentials).await?;
        changed.version += 1;
        changed.settings = change.settings.unwrap_or(changed.settings);
        changed.name = change.name.map_or(changed.name, |name| name.trim().to_owned());
        changed.visibility = change.visibility.unwrap_or(changed.visibility);
        let sealed = match known {
            Some(known) => Some(self.take_in(&mut changed, known)?),
            None => None,
        };
        choose_site(&mut changed);
        let (changed, sealed) = (&changed, sealed.as_deref());
        let stored = |tx| async move {
            if connections::update(&tx, changed, from, sealed).await? {
                if sealed.is_some() {
                    note(&tx, actor, changed, "integrations.credentials_changed").await?;
                }
                return Ok(connections::find(&tx, actor, id).await?.ok_or(DbError::NotFound)?);
            }
            let current = connections::find(&tx, actor, id).await?.ok_or(DbError::NotFound)?;
            Err(IntegrationsError::Changed { current: current.version })
        };
        self.db.write(stored).await
    }

    async fn delete(&self, actor: &Actor, id: ConnectionId, version: Option<i64>) -> Result<(), IntegrationsError> {
        actor.require(&permissions::CONNECT)?;
        let deleted = |tx| async move {
            let found = connections::find(&tx, actor, id).await?.ok_or(DbError::NotFound)?;
            let connection = at_version(found, version)?;
            if connections::delete(&tx, &connection).await? {
                return Ok(note(&tx, actor, &connection, "integrations.disconnected").await?);
            }
            Err(IntegrationsError::Changed { current: connection.version })
        };
        self.db.write(deleted).await
    }

    async fn test(&self, actor: &Actor, id: ConnectionId) -> Result<Connection, IntegrationsError> {
        actor.require(&permissions::CONNECT)?;
        let connection = connections::find(self.db.read(), actor, id).await?.ok_or(DbError::NotFound)?;
        let session = Session::new(connection.clone(), self.vault.clone());
        // What was refused before may be taken again.
        self.vault.mark(id, ConnectionStatus::Active).await;
        let path = match (connection.provider, connection.told("mode")) {
            (Provider::Github, _) if connection.auth == crate::AuthKind::App => "/installation/repositories?per_page=1",
            (Provider::Github, _) if connection.told("login").is_none() => "/installation/repositories?per_page=1",
            (Provider::Github, _) => "/user",
            (Provider::Notion, _) => "/v1/users/me",
            (Provider::Jira, Some("data_center")) => "/rest/api/2/myself",
            (Provider::Jira, _) => "/rest/api/3/myself",
        };
        match session.get(path, &[]).await {
            Ok(_) => {}
            Err(CallError::NoAccess) => {
                self.vault.mark(id, ConnectionStatus::ReconnectNeeded).await;
            }
            Err(CallError::Refused(refusal)) if refusal.limited.is_none() => {
                self.vault.mark(id, ConnectionStatus::ReconnectNeeded).await;
            }
            Err(error) => return Err(error.into()),
        }
        Ok(connections::find(self.db.read(), actor, id).await?.ok_or(DbError::NotFound)?)
    }

    async fn resources(
        &self,
        actor: &Actor,
        id: ConnectionId,
        kind: ResourceKind,
        query: &str,
    ) -> Result<Vec<Resource>, IntegrationsError> {
        actor.require(&permissions::READ)?;
        if query.chars().count() > 200 || query.contains('\0') {
            return Err(IntegrationsError::field("/query", "invalid_text", "at most 200 characters, without U+0000"));
        }
        let connection = connections::find(self.db.read(), actor, id).await?.ok_or(DbError::NotFound)?;
        resources::find(&Session::new(connection, self.vault.clone()), kind, query).await
    }
}

/// The most connections of a space.
const MOST: u64 = 200;

/// Who connected what is a question that is asked later.
async fn note(tx: &Tx, actor: &Actor, connection: &Connection, action: &'static str) -> Result<(), DbError> {
    let org = (actor.owner != actor.personal_space()).then_some(actor.owner);
    let details = json!({"connection": connection.id, "provider": connection.provider, "auth": connection.auth});
    audit(tx, AuditEntry { action, outcome: "success", subject: actor.author(), org, details }).await
}

fn check(provider: Provider, settings: &Settings, name: Option<&str>) -> Result<(), IntegrationsError> {
    let mut faults = settings.faults(provider);
    faults.extend(name.and_then(name_fault));
    if faults.is_empty() { Ok(()) } else { Err(IntegrationsError::Invalid(faults)) }
}

fn at_version(connection: Connection, version: Option<i64>) -> Result<Connection, IntegrationsError> {
    match version {
        Some(wanted) if wanted != connection.version => Err(IntegrationsError::Changed { current: connection.version }),
        _ => Ok(connection),
    }
}

impl ConnectionService {
    /// Stores a new connection.
    pub(crate) async fn store(
        &self,
        actor: &Actor,
        provider: Provider,
        known: Known,
        (name, settings, visibility): (Option<String>, Settings, Visibility),
    ) -> Result<Connection, IntegrationsError> {
        let (ambient, now) = (self.db.ambient(), self.db.ambient().now());
        let mut connection = Connection {
            id: ambient.id(),
            owner: actor.owner,
            created_by: actor.author(),
            visibility,
            provider,
            auth: known.credentials.auth(),
            name: name.map_or_else(|| known.name.chars().take(100).collect(), |name| name.trim().to_owned()),
            account: serde_json::Map::new(),
            settings,
            status: ConnectionStatus::Active,
            checked_at: now,
            expires_at: None,
            credentials_version: 0,
            created_at: now,
            updated_at: now,
            version: 1,
        };
        let sealed = self.take_in(&mut connection, known)?;
        let (new, sealed) = (&connection, sealed.as_str());
        let stored = |tx| async move {
            let there = connections::count(&tx, actor.owner).await?;
            if there >= MOST {
                return Err(IntegrationsError::TooManyConnections(there));
            }
            connections::insert(&tx, new, sealed).await?;
            Ok(note(&tx, actor, new, "integrations.connected").await?)
        };
        self.db.write(stored).await?;
        Ok(connection)
    }

    /// Puts what the provider told into a connection, and seals the credentials for it.
    fn take_in(&self, connection: &mut Connection, known: Known) -> Result<String, IntegrationsError> {
        connection.auth = known.credentials.auth();
        connection.account = known.account;
        connection.status = ConnectionStatus::Active;
        connection.checked_at = self.db.ambient().now();
        connection.expires_at = known.expires_at;
        connection.credentials_version += 1;
        choose_site(connection);
        Ok(self.vault.seal(connection, &known.credentials)?)
    }

    async fn know_again(
        &self,
        connection: &Connection,
        credentials: Option<NewCredentials>,
    ) -> Result<Option<Known>, IntegrationsError> {
        let Some(mut credentials) = credentials else { return Ok(None) };
        if connection.provider == Provider::Jira && credentials.site.is_none() {
            credentials.site = connection.told("site").map(str::to_owned);
        }
        let parsed = credentials.parse(connection.provider)?;
        self.prober.know(connection.provider, parsed).await.map(Some)
    }
}

/// Of the sites that an account of Jira reaches, the one that the settings name.
fn choose_site(connection: &mut Connection) {
    let Some(wanted) = connection.settings.site.clone() else { return };
    let sites = connection.account.get("sites").and_then(Value::as_array).cloned().unwrap_or_default();
    if let Some(site) = sites.iter().find(|site| site.get("id").and_then(Value::as_str) == Some(wanted.as_str())) {
        connection.account.insert("cloud_id".to_owned(), json!(wanted));
        connection.account.insert("site".to_owned(), site.get("url").cloned().unwrap_or_default());
    }
}
