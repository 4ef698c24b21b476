use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use core_db::{Db, DbError};
use core_kernel::Timestamp;
use moka::sync::Cache;

use super::credentials::{Credentials, bound_to};
use super::github_app::{AppClient, InstallationToken, app_token};
use super::grant::{GrantError, TokenClient, Tokens};
use crate::store::connections::{self, Stored};
use crate::vendor::{Access, CallError, Hosts, Transport};
use crate::{Connection, ConnectionId, ConnectionStatus, IntegrationsError};

/// What credentials are sealed for.
pub(crate) const PURPOSE: &str = "integrations-credentials";
/// Tokens are renewed so long before they end.
const EARLY: Duration = Duration::from_mins(1);
/// How long a process has to exchange a refresh token before another one may.
const REFRESH_LEASE: Duration = Duration::from_secs(30);
/// How long others wait for it: polls, and the time between two.
const POLLS: usize = 100;
const BETWEEN_POLLS: Duration = Duration::from_millis(100);
/// Installation tokens that are remembered.
const APP_TOKENS: u64 = 10_000;

/// What a call proves itself with, and from which version of the credentials it is.
pub(crate) struct Held {
    pub(crate) access: Access,
    pub(crate) version: i64,
}

type Gates = Arc<Mutex<HashMap<ConnectionId, Weak<tokio::sync::Mutex<()>>>>>;

/// Opens credentials and keeps them fresh.
#[derive(Clone)]
pub(crate) struct Vault {
    pub(crate) db: Db,
    pub(crate) hosts: Hosts,
    pub(crate) transport: Transport,
    tokens: TokenClient,
    apps: AppClient,
    app_tokens: Cache<(ConnectionId, i64), InstallationToken>,
    gates: Gates,
}

impl Vault {
    pub(crate) fn new(db: Db, hosts: Hosts, transport: Transport) -> Self {
        let tokens = TokenClient { hosts: hosts.clone(), transport: transport.clone() };
        let apps = AppClient { hosts: hosts.clone(), transport: transport.clone() };
        Self { db, hosts, transport, tokens, apps, app_tokens: Cache::new(APP_TOKENS), gates: Arc::default() }
    }

    pub(crate) fn seal(&self, connection: &Connection, credentials: &Credentials) -> Result<String, DbError> {
        Ok(self.db.keyring().seal(PURPOSE, &bound_to(connection), &credentials.to_plain())?)
    }

    fn open(&self, stored: &Stored) -> Result<Credentials, CallError> {
        let plain = self.db.keyring().open(PURPOSE, &bound_to(&stored.connection), &stored.sealed);
        let plain = plain.map_err(|error| own(DbError::Sealed(error)))?;
        serde_json::from_slice(&plain).map_err(|_unreadable| own(DbError::Corrupt("credentials".to_owned())))
    }

    async fn stored(&self, id: ConnectionId) -> Result<Stored, CallError> {
        let found = connections::stored(self.db.read(), id).await.map_err(own)?;
        found.ok_or_else(|| own(DbError::NotFound))
    }

    /// What a call proves itself with now.
    pub(crate) async fn access(&self, id: ConnectionId) -> Result<Held, CallError> {
        let stored = self.stored(id).await?;
        if stored.connection.status == ConnectionStatus::ReconnectNeeded {
            return Err(CallError::NoAccess);
        }
        let credentials = self.open(&stored)?;
        if !self.db.keyring().is_current(&stored.sealed) {
            self.seal_again(&stored, &credentials).await;
        }
        let ends = stored.connection.expires_at.is_some_and(|end| end <= self.now().plus(EARLY));
        match &credentials {
            Credentials::Oauth { refresh_token: Some(_), .. } if ends => {
                self.refresh(id, stored.connection.credentials_version).await
            }
            _ => self.held(&stored.connection, &credentials).await,
        }
    }

    /// New access after a provider did not take what was held; none: there is nothing that could be renewed.
    pub(crate) async fn renew(&self, id: ConnectionId, version: i64) -> Result<Option<Held>, CallError> {
        let stored = self.stored(id).await?;
        if stored.connection.credentials_version != version {
            let credentials = self.open(&stored)?;
            return self.held(&stored.connection, &credentials).await.map(Some);
        }
        match self.open(&stored)? {
            Credentials::Oauth { refresh_token: Some(_), .. } => self.refresh(id, version).await.map(Some),
            credentials @ Credentials::App { .. } => {
                self.app_tokens.invalidate(&(id, version));
                self.held(&stored.connection, &credentials).await.map(Some)
            }
            Credentials::Token { .. } | Credentials::Basic { .. } | Credentials::Oauth { .. } => {
                self.mark(id, ConnectionStatus::ReconnectNeeded).await;
                Ok(None)
            }
        }
    }

    async fn held(&self, connection: &Connection, credentials: &Credentials) -> Result<Held, CallError> {
        let version = connection.credentials_version;
        let access = match credentials {
            Credentials::Token { token } => Access::Bearer(token.clone()),
            Credentials::Basic { user, token } => Access::Basic(user.clone(), token.clone()),
            Credentials::Oauth { access_token, .. } => Access::Bearer(access_token.clone()),
            Credentials::App { app_id, private_key, installation_id } => {
                let gate = self.gate(connection.id);
                let _single = gate.lock().await;
                let known = self.app_tokens.get(&(connection.id, version));
                if let Some(known) = known.filter(|known| known.expires_at > self.now().plus(EARLY)) {
                    Access::Bearer(known.token)
                } else {
                    let app = Access::Bearer(app_token(app_id, private_key, self.transport.clock())?);
                    let fresh = self.apps.installation_token(&app, app_id, *installation_id).await?;
                    self.app_tokens.insert((connection.id, version), fresh.clone());
                    Access::Bearer(fresh.token)
                }
            }
        };
        Ok(Held { access, version })
    }

    /// Exchanges the refresh token of this version, once among all callers of all processes: in a process the callers stand in line, and among
    /// processes a lease in the row decides. Whoever comes later finds the new version there.
    async fn refresh(&self, id: ConnectionId, seen: i64) -> Result<Held, CallError> {
        let gate = self.gate(id);
        let single = gate.lock().await;
        for _ in 0..POLLS {
            let stored = self.stored(id).await?;
            if stored.connection.status == ConnectionStatus::ReconnectNeeded {
                return Err(CallError::NoAccess);
            }
            if stored.connection.credentials_version != seen {
                let credentials = self.open(&stored)?;
                drop(single);
                return self.held(&stored.connection, &credentials).await;
            }
            let until = self.now().plus(REFRESH_LEASE);
            let begun = self.db.write(|tx| async move { connections::begin_refresh(&tx, id, seen, until).await });
            if begun.await.map_err(own)? {
                return self.exchange(&stored).await;
            }
            self.transport.pacer.moment(BETWEEN_POLLS).await;
        }
        Err(CallError::NotSent("another process takes too long to refresh the token".to_owned()))
    }

    /// The new pair is stored before it is used: what was sent may be worth nothing any more.
    async fn exchange(&self, stored: &Stored) -> Result<Held, CallError> {
        let (connection, version) = (&stored.connection, stored.connection.credentials_version);
        let Credentials::Oauth { refresh_token: Some(refresh), .. } = self.open(stored)? else {
            return Err(CallError::NoAccess);
        };
        match self.tokens.renew(connection.provider, &refresh).await {
            Ok(tokens) => self.keep(connection, version, tokens, refresh).await,
            Err(GrantError::Dead(_said)) => {
                self.mark(connection.id, ConnectionStatus::ReconnectNeeded).await;
                Err(CallError::NoAccess)
            }
            Err(GrantError::Call(error)) => {
                let id = connection.id;
                let ended = self.db.write(|tx| async move { connections::end_refresh(&tx, id, version).await });
                if let Err(error) = ended.await {
                    tracing::warn!(%error, connection = %id, "a lease on a refresh was not given back");
                }
                Err(error)
            }
        }
    }

    async fn keep(
        &self,
        connection: &Connection,
        version: i64,
        tokens: Tokens,
        sent: core_kernel::Secret,
    ) -> Result<Held, CallError> {
        // A provider that does not rotate sends none back.
        let refresh_token = Some(tokens.refresh.unwrap_or(sent));
        let credentials = Credentials::Oauth { access_token: tokens.access.clone(), refresh_token };
        let sealed = self.seal(connection, &credentials).map_err(own)?;
        let (id, sealed, ends) = (connection.id, sealed.as_str(), tokens.expires_at);
        let kept = self.db.write(|tx| async move { connections::replace_sealed(&tx, id, version, sealed, ends).await });
        if !kept.await.map_err(own)? {
            let stored = self.stored(id).await?;
            let credentials = self.open(&stored)?;
            return self.held(&stored.connection, &credentials).await;
        }
        Ok(Held { access: Access::Bearer(tokens.access), version: version + 1 })
    }

    /// What is sealed under a key before is sealed under the current one.
    async fn seal_again(&self, stored: &Stored, credentials: &Credentials) {
        let connection = &stored.connection;
        let (id, version, ends) = (connection.id, connection.credentials_version, connection.expires_at);
        let Ok(sealed) = self.seal(connection, credentials) else { return };
        let sealed = sealed.as_str();
        let kept = self.db.write(|tx| async move { connections::replace_sealed(&tx, id, version, sealed, ends).await });
        if let Err(error) = kept.await {
            tracing::warn!(%error, connection = %id, "credentials stay sealed under a previous key");
        }
    }

    pub(crate) async fn mark(&self, id: ConnectionId, status: ConnectionStatus) {
        let marked = self.db.write(|tx| async move { connections::checked(&tx, id, status, None).await });
        if let Err(error) = marked.await {
            tracing::warn!(%error, connection = %id, "the state of a connection was not stored");
        }
    }

    fn gate(&self, id: ConnectionId) -> Arc<tokio::sync::Mutex<()>> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gate) = gates.get(&id).and_then(Weak::upgrade) {
            return gate;
        }
        gates.retain(|_, gate| gate.strong_count() > 0);
        let gate = Arc::default();
        gates.insert(id, Arc::downgrade(&gate));
        gate
    }

    fn now(&self) -> Timestamp {
        self.transport.clock().now()
    }
}

fn own(error: DbError) -> CallError {
    IntegrationsError::from(error).into()
}
