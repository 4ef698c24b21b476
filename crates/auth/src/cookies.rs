use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use core_db::{Db, DbError};
use core_kernel::{Actor, Secret, Timestamp};
use core_keys::Keyring;
use moka::sync::Cache;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::core::Core;
use crate::model::{CookieSession, Session, SessionId};
use crate::service::CookieSessions;
use crate::snapshot::Identity;
use crate::store::sessions;
use crate::{AuthError, permissions};

const COOKIE: &str = "session-cookie";
const CSRF: &str = "csrf-token";
/// Marks cookies for secret scanners.
const PREFIX: &str = "bwc1_";
const ID: usize = 16;
const COUNTER: usize = 8;
const TAG: usize = 32;
/// How often the use of a session is written down.
const USED_EVERY: Duration = Duration::from_mins(1);

/// What a browser keeps a session by: a value derived from the session's id and counter, as refresh tokens are, under a purpose of
/// its own. Nothing about it is stored; proving again who one is moves the counter, so that a cookie taken before is worth nothing.
pub(crate) fn of(keyring: &Keyring, session: &Session, now: Timestamp) -> CookieSession {
    let message = message(session.id, session.counter);
    let tag = keyring.sign(COOKIE, &message);
    let value = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode([message.as_slice(), &tag].concat()));
    let idle_until = session.idle_expires_at.min(session.absolute_expires_at);
    CookieSession {
        cookie: Secret::new(value),
        csrf_token: Secret::new(URL_SAFE_NO_PAD.encode(keyring.sign(CSRF, session.id.get().as_bytes()))),
        expires_in: idle_until.since(now).as_secs(),
        ends_in: session.absolute_expires_at.since(now),
    }
}

fn message(session: SessionId, counter: i64) -> Vec<u8> {
    [session.get().as_bytes().as_slice(), &counter.to_be_bytes()].concat()
}

/// The session and counter of a cookie that this server made.
pub(crate) fn open(keyring: &Keyring, cookie: &str) -> Option<(SessionId, i64)> {
    let bytes = URL_SAFE_NO_PAD.decode(cookie.strip_prefix(PREFIX)?).ok()?;
    let (message, tag) = bytes.split_at_checked(ID + COUNTER)?;
    if tag.len() != TAG || !keyring.verify(COOKIE, message, tag) {
        return None;
    }
    let (id, counter) = message.split_at_checked(ID)?;
    Some((SessionId(Uuid::from_slice(id).ok()?), i64::from_be_bytes(counter.try_into().ok()?)))
}

/// Notes that sessions are used, beside the requests.
#[derive(Clone)]
pub(crate) struct CookieUses {
    noted: Cache<SessionId, Timestamp>,
    background: TaskTracker,
}

impl std::fmt::Debug for CookieUses {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CookieUses").finish_non_exhaustive()
    }
}

impl CookieUses {
    pub(crate) fn new() -> Self {
        Self { noted: Cache::new(20_000), background: TaskTracker::new() }
    }

    /// At most once a minute for each session.
    fn note(&self, db: &Db, idle: Duration, session: SessionId) {
        let now = db.ambient().now();
        if self.noted.get(&session).is_some_and(|at| now.since(at) < USED_EVERY) {
            return;
        }
        self.noted.insert(session, now);
        let db = db.clone();
        self.background.spawn(async move {
            // A lost note is made up for by the next use.
            let (since, until) = (now.minus(USED_EVERY), now.plus(idle));
            let noted: Result<bool, DbError> =
                db.write(|tx| async move { sessions::used(&tx, session, since, until).await }).await;
            drop(noted);
        });
    }

    /// Waits for the notes that are being written.
    pub(crate) async fn settle(&self) {
        self.background.close();
        self.background.wait().await;
        self.background.reopen();
    }
}

/// Sessions of browsers, over the tables of this crate.
#[derive(Clone, Debug)]
pub(crate) struct CookieService {
    pub(crate) core: Core,
}

#[async_trait]
impl CookieSessions for CookieService {
    async fn identify(&self, cookie: &str, authoritative: bool) -> Result<Arc<Identity>, AuthError> {
        let core = &self.core;
        let (session, counter) = open(core.db.keyring(), cookie).ok_or(AuthError::InvalidCookie)?;
        let grace = Duration::from_secs(core.config.refresh_grace_seconds);
        let identity = core.snapshots.identify_by_cookie(session, counter, grace, authoritative).await?;
        core.cookie_uses.note(&core.db, core.config.session_idle(), session);
        Ok(identity)
    }

    fn is_csrf_token(&self, session: SessionId, token: &str) -> bool {
        let tag = URL_SAFE_NO_PAD.decode(token).unwrap_or_default();
        self.core.db.keyring().verify(CSRF, session.get().as_bytes(), &tag)
    }

    async fn of_caller(&self, actor: &Actor) -> Result<CookieSession, AuthError> {
        actor.require(&permissions::SELF)?;
        let core = &self.core;
        let id = SessionId(actor.session.ok_or(AuthError::NoCookie)?.id);
        let now = core.db.ambient().now();
        let noted: Result<bool, DbError> =
            core.db.write(|tx| async move { sessions::used(&tx, id, now, now.plus(core.config.session_idle())).await }).await;
        noted?;
        let found = sessions::find(core.db.read(), id).await?;
        let session = found.filter(|session| session.by_cookie).ok_or(AuthError::NoCookie)?;
        Ok(of(core.db.keyring(), &session, now))
    }
}

#[cfg(test)]
mod tests {
    use core_kernel::OsRng;
    use core_keys::MasterKey;

    use super::*;
    use crate::token;

    fn keyring() -> Keyring {
        Keyring::new(MasterKey::generate(&OsRng), Vec::new(), Arc::new(OsRng))
    }

    fn cookie(keyring: &Keyring, session: SessionId, counter: i64) -> String {
        let message = message(session, counter);
        let tag = keyring.sign(COOKIE, &message);
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode([message.as_slice(), &tag].concat()))
    }

    #[test]
    fn a_cookie_names_its_session_and_no_other_secret_of_the_session_is_one() {
        let keyring = keyring();
        let session = SessionId(Uuid::from_u128(7));
        assert_eq!(open(&keyring, &cookie(&keyring, session, 3)), Some((session, 3)));
        assert_eq!(open(&self::keyring(), &cookie(&keyring, session, 3)), None, "another server's");
        let refresh = token::refresh_token(&keyring, session, 3);
        assert_eq!(open(&keyring, &refresh.replace(token::REFRESH_PREFIX, PREFIX)), None, "a refresh token");
    }

    proptest::proptest! {
        #[test]
        fn junk_is_no_cookie(text in "(bwc1_)?\\PC{0,120}") {
            proptest::prop_assert_eq!(open(&keyring(), &text), None);
        }
    }
}
