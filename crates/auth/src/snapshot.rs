use std::sync::Arc;
use std::time::Duration;

use core_db::{Db, DbError};
use core_kernel::{PermissionSet, Timestamp, UserId};
use moka::sync::Cache;
use sea_orm::ConnectionTrait;

use crate::model::{AccountStatus, SessionId};
use crate::signing::{Claims, Signer};
use crate::store::{roles, sessions};
use crate::{AuthError, Catalogue, permissions, token};

/// How old an answer about a session may be.
pub(crate) const MAX_AGE: Duration = Duration::from_secs(1);

/// What is known of a signed-in person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Who.
    pub user: UserId,
    /// By which session.
    pub session: SessionId,
    /// Names of platform roles.
    pub roles: Vec<String>,
    /// The platform permissions that those roles have now.
    pub platform: PermissionSet,
    /// When they last proved who they are.
    pub auth_time: Timestamp,
    /// How (RFC 8176).
    pub amr: Vec<String>,
    /// The administrator who acts in their place.
    pub impersonator: Option<UserId>,
}

/// What platform roles allow.
#[derive(Clone, Debug)]
pub(crate) struct Rights {
    pub(crate) catalogue: Catalogue,
}

impl Rights {
    /// The platform permissions of these roles now.
    pub(crate) async fn platform_of<C: ConnectionTrait>(
        &self,
        connection: &C,
        names: &[String],
    ) -> Result<PermissionSet, DbError> {
        if names.iter().any(|role| role == permissions::ADMIN_ROLE) {
            return Ok(self.catalogue.platform());
        }
        if names.is_empty() {
            return Ok(PermissionSet::default());
        }
        let named = roles::permissions_of(connection, names).await?;
        // A role may name what a feature that is no longer installed asked for.
        Ok(named.into_iter().filter(|name| self.catalogue.find(name).is_some_and(|found| found.platform)).collect())
    }
}

#[derive(Clone)]
struct Seen {
    at: Timestamp,
    /// None: the session has ended.
    identity: Option<Arc<Identity>>,
    /// None: it is not kept by a cookie.
    cookie: Option<CookieState>,
}

/// Which cookies of a session are good.
#[derive(Clone, Copy)]
struct CookieState {
    counter: i64,
    moved_at: Timestamp,
}

/// Who is behind an access token. Signatures are checked once per token; sessions are read again from the database after one
/// second, so that a revocation takes effect everywhere within that time, and at once in the process that made it.
#[derive(Clone)]
pub(crate) struct Snapshots {
    db: Db,
    signer: Signer,
    rights: Rights,
    /// Claims that were verified, and the key that did it.
    tokens: Cache<[u8; 32], (Arc<Claims>, Arc<str>)>,
    sessions: Cache<SessionId, Seen>,
}

impl std::fmt::Debug for Snapshots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshots").finish_non_exhaustive()
    }
}

impl Snapshots {
    pub(crate) fn new(db: Db, signer: Signer, rights: Rights) -> Self {
        Self { db, signer, rights, tokens: Cache::new(20_000), sessions: Cache::new(20_000) }
    }

    /// Who signs in with this token; `authoritative` reads the database whatever is remembered.
    pub(crate) async fn identify(&self, access_token: &str, authoritative: bool) -> Result<Arc<Identity>, AuthError> {
        let now = self.db.ambient().now();
        let claims = self.claims(access_token, now).await?;
        let identity = self.see(SessionId(claims.sid), now, authoritative).await?.identity.ok_or(AuthError::SessionEnded)?;
        if identity.user.get() == claims.sub { Ok(identity) } else { Err(AuthError::InvalidToken("subject")) }
    }

    /// Who keeps this session by a cookie of this counter. Requests that were under way when the counter moved may still come
    /// with the one before, for a moment.
    pub(crate) async fn identify_by_cookie(
        &self,
        session: SessionId,
        counter: i64,
        grace: Duration,
        authoritative: bool,
    ) -> Result<Arc<Identity>, AuthError> {
        let now = self.db.ambient().now();
        let seen = self.see(session, now, authoritative).await?;
        let (identity, state) = seen.identity.zip(seen.cookie).ok_or(AuthError::SessionEnded)?;
        let just_before = counter == state.counter - 1 && now.since(state.moved_at) <= grace;
        if counter == state.counter || just_before { Ok(identity) } else { Err(AuthError::InvalidCookie) }
    }

    async fn see(&self, session: SessionId, now: Timestamp, authoritative: bool) -> Result<Seen, AuthError> {
        let fresh = |seen: &Seen| !authoritative && now.since(seen.at) < MAX_AGE && seen.at <= now;
        match self.sessions.get(&session).filter(fresh) {
            Some(seen) => Ok(seen),
            None => self.look_up(session, now).await,
        }
    }

    async fn claims(&self, access_token: &str, now: Timestamp) -> Result<Arc<Claims>, AuthError> {
        let print = token::fingerprint(access_token);
        self.signer.keep_fresh(self.db.read(), &self.db).await?;
        if let Some((claims, key)) = self.tokens.get(&print)
            && self.signer.knows(&key)
        {
            claims.check_times(now)?;
            return Ok(claims);
        }
        let (claims, key) = self.signer.verify_fresh(access_token, &self.db).await?;
        let claims = Arc::new(claims);
        self.tokens.insert(print, (Arc::clone(&claims), key.into()));
        Ok(claims)
    }

    async fn look_up(&self, id: SessionId, now: Timestamp) -> Result<Seen, AuthError> {
        let found = sessions::find_with_account(self.db.read(), id).await?;
        let alive = found.filter(|(session, account)| {
            session.ended_at.is_none() && !session.is_over(now) && account.status == AccountStatus::Active
        });
        let (mut identity, mut cookie) = (None, None);
        if let Some((session, account)) = alive {
            let state = CookieState { counter: session.counter, moved_at: session.rotated_at };
            cookie = session.by_cookie.then_some(state);
            let platform = self.rights.platform_of(self.db.read(), &account.roles).await?;
            let impersonator = session.impersonator;
            let may_act = match impersonator {
                Some((_, by)) => self.may_still_act(by, &platform, now).await?,
                None => true,
            };
            identity = may_act.then(|| {
                Arc::new(Identity {
                    user: account.id,
                    session: id,
                    roles: account.roles,
                    platform,
                    auth_time: session.auth_time,
                    amr: session.amr,
                    impersonator: impersonator.map(|(by, _)| by),
                })
            });
        }
        let seen = Seen { at: now, identity, cookie };
        self.sessions.insert(id, seen.clone());
        Ok(seen)
    }

    /// Whether an administrator may go on acting in the place of somebody with these platform rights: their own session lives, and they
    /// have the right and all of those rights.
    async fn may_still_act(&self, own: SessionId, over: &PermissionSet, now: Timestamp) -> Result<bool, AuthError> {
        let Some((session, administrator)) = sessions::find_with_account(self.db.read(), own).await? else { return Ok(false) };
        if session.ended_at.is_some() || session.is_over(now) || administrator.status != AccountStatus::Active {
            return Ok(false);
        }
        let rights = self.rights.platform_of(self.db.read(), &administrator.roles).await?;
        let all = over.intersection(&rights).names().count() == over.names().count();
        Ok(all && rights.contains(&permissions::IMPERSONATE))
    }

    /// Forgets what is remembered of everybody.
    pub(crate) fn forget_everybody(&self) {
        self.sessions.invalidate_all();
    }

    /// Forgets what is remembered of a session.
    pub(crate) fn forget(&self, session: SessionId) {
        self.sessions.invalidate(&session);
    }
}
