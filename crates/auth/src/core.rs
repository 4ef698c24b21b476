use std::sync::Arc;
use std::time::Duration;

use core_db::{AuditEntry, Db, DbError, Tx};
use core_kernel::{FieldError, Secret, UserId};

use crate::cookies::CookieUses;
use crate::key_snapshot::KeySnapshots;
use crate::leaked::LeakCheck;
use crate::model::{AccessToken, Account, AccountStatus, Device, Session, SessionId, Tokens};
use crate::password::{Hasher, accept};
use crate::relying_party::RelyingParty;
use crate::signing::{AUDIENCE, Act, Claims, Signer};
use crate::snapshot::Snapshots;
use crate::store::sessions;
use crate::{AuthConfig, AuthError, Catalogue, Email, Invitations, Policies, TokenSubject, cookies, token};

/// How long a displayed name may be.
const MAX_NAME: usize = 100;

/// What the services of this crate share.
#[derive(Clone)]
pub(crate) struct Core {
    pub(crate) db: Db,
    pub(crate) config: AuthConfig,
    pub(crate) public_url: String,
    pub(crate) hasher: Hasher,
    pub(crate) leaks: LeakCheck,
    pub(crate) invitations: Arc<dyn Invitations>,
    pub(crate) policies: Policies,
    pub(crate) signer: Signer,
    pub(crate) snapshots: Snapshots,
    pub(crate) key_snapshots: KeySnapshots,
    pub(crate) cookie_uses: CookieUses,
    pub(crate) relying_party: RelyingParty,
    pub(crate) catalogue: Catalogue,
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core").field("db", &self.db).finish_non_exhaustive()
    }
}

/// Checked input of a registration.
pub(crate) struct Checked {
    pub(crate) email: Email,
    pub(crate) password: Secret,
    pub(crate) display_name: Option<String>,
}

impl Core {
    /// Checks everything at once, so that the caller hears of all faults.
    pub(crate) fn check(&self, email: &str, password: &Secret, display_name: Option<&str>) -> Result<Checked, AuthError> {
        let mut faults = Vec::new();
        let parsed = Email::parse(email);
        if parsed.is_none() {
            faults.push(FieldError::new("/email", "invalid_email", "an address such as ada@example.com"));
        }
        let nobody =
            Email::parse("nobody@example.invalid").ok_or_else(|| AuthError::Internal("the placeholder address".into()))?;
        let accepted = accept(password, parsed.as_ref().unwrap_or(&nobody), self.config.password_min_length, "/password");
        let name = display_name.map(|name| check_name(name, "/display_name")).transpose();
        match (parsed, accepted, name) {
            (Some(email), Ok(password), Ok(display_name)) => Ok(Checked { email, password, display_name }),
            (_, password, name) => {
                faults.extend(password.err());
                faults.extend(name.err());
                Err(AuthError::Invalid(faults))
            }
        }
    }

    /// Opens a session within a unit of work.
    pub(crate) async fn open_session(
        &self,
        tx: &Tx,
        user: UserId,
        device: &Device,
        amr: Vec<String>,
    ) -> Result<Session, DbError> {
        let now = tx.ambient().now();
        let session = Session {
            id: tx.ambient().id(),
            user,
            device: device.name.clone(),
            created_at: now,
            last_used_at: now,
            auth_time: now,
            amr,
            by_cookie: device.by_cookie,
            counter: 1,
            rotated_at: now,
            idle_expires_at: now.plus(self.config.session_idle()),
            absolute_expires_at: now.plus(self.config.session_absolute()),
            ended_at: None,
            impersonator: None,
        };
        sessions::create(tx, &session).await?;
        self.fresh_keys(tx).await?;
        Ok(session)
    }

    /// Makes sure that what is signed next is signed with the key of now. An unreadable key can't keep people out while there is one in
    /// memory.
    pub(crate) async fn fresh_keys(&self, tx: &Tx) -> Result<(), DbError> {
        match self.signer.keep_fresh(tx, &self.db).await {
            Err(AuthError::Db(error)) => Err(error),
            _ => Ok(()),
        }
    }

    /// The tokens of a session at a counter.
    pub(crate) async fn tokens(&self, session: &Session, counter: i64) -> Result<Tokens, AuthError> {
        let AccessToken { access_token, expires_in, cookie } = self.access_token(session).await?;
        let refresh_token = match cookie {
            None => token::refresh_token(self.db.keyring(), session.id, counter),
            Some(_) => String::new(),
        };
        Ok(Tokens { access_token, expires_in, refresh_token, session: session.id, cookie })
    }

    /// A fresh access token of a session, or its cookie.
    pub(crate) async fn access_token(&self, session: &Session) -> Result<AccessToken, AuthError> {
        let now = self.db.ambient().now();
        if session.by_cookie {
            let cookie = cookies::of(self.db.keyring(), session, now);
            return Ok(AccessToken { access_token: String::new(), expires_in: cookie.expires_in, cookie: Some(cookie) });
        }
        // There is no refresh token for an administrator in somebody's place: the one access token lasts as long as the session.
        let life = match session.impersonator {
            Some(_) => session.absolute_expires_at.since(now),
            None => self.config.access_token_life(),
        };
        let life = i64::try_from(life.as_secs()).unwrap_or(600);
        let impersonator = session.impersonator.map(|(by, _)| by);
        let subject = TokenSubject { user: session.user, session: session.id, amr: session.amr.clone(), impersonator };
        let own = self.policies.claims(&subject).await?;
        let claims = Claims {
            iss: self.signer.issuer().to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: session.user.get(),
            sid: session.id.get(),
            jti: self.db.ambient().ids.next(),
            iat: now.seconds(),
            nbf: now.seconds(),
            exp: now.seconds() + life,
            auth_time: session.auth_time.seconds(),
            amr: session.amr.clone(),
            act: impersonator.map(|by| Act { sub: by.get() }),
            own,
        };
        let access_token = self.signer.sign(&claims)?;
        Ok(AccessToken { access_token, expires_in: u64::try_from(life).unwrap_or(600), cookie: None })
    }

    /// Forgets a session in this process once its end is durable.
    pub(crate) fn forget_after_commit(&self, tx: &Tx, ended: Vec<SessionId>) {
        let snapshots = self.snapshots.clone();
        tx.after_commit(move || ended.into_iter().for_each(|session| snapshots.forget(session)));
    }

    /// Forgets everybody in this process once a change of rights is durable.
    pub(crate) fn forget_everybody_after_commit(&self, tx: &Tx) {
        let (people, programs) = (self.snapshots.clone(), self.key_snapshots.clone());
        tx.after_commit(move || {
            people.forget_everybody();
            programs.forget_everybody();
        });
    }

    /// Where a link in a mail leads: a product's own page, or this server's. The code is in the fragment, which browsers do not
    /// send to servers and scanners of mail do not spend.
    pub(crate) fn link(&self, own_page: &str, path: &str, code: &Secret) -> String {
        let page = if own_page.is_empty() { format!("{}/account/{path}", self.public_url) } else { own_page.to_owned() };
        format!("{page}#token={}", code.expose())
    }
}

/// A name for display: trimmed, not empty, of printable characters.
pub(crate) fn check_name(name: &str, pointer: &str) -> Result<String, FieldError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        return Err(FieldError::new(pointer, "invalid_name", format!("1 to {MAX_NAME} printable characters")));
    }
    Ok(name.to_owned())
}

/// Refuses what is not an active account.
pub(crate) fn require_usable(account: &Account, config: &AuthConfig) -> Result<(), AuthError> {
    match account.status {
        AccountStatus::Active => {}
        AccountStatus::Suspended => return Err(AuthError::Suspended),
        AccountStatus::Closed => return Err(AuthError::InvalidCredentials),
    }
    let required = config.email_verification == crate::EmailVerification::Required;
    if required && account.email_verified_at.is_none() { Err(AuthError::EmailNotVerified) } else { Ok(()) }
}

/// Writes a security event about a person.
pub(crate) async fn audit(tx: &Tx, action: &'static str, outcome: &'static str, subject: UserId) -> Result<(), DbError> {
    core_db::audit(tx, AuditEntry { action, outcome, subject, org: None, details: serde_json::json!({}) }).await
}

/// How long codes live.
pub(crate) const CLAIM_LIFE: Duration = Duration::from_mins(30);
/// See [`CLAIM_LIFE`].
pub(crate) const VERIFY_LIFE: Duration = Duration::from_hours(24);
/// See [`CLAIM_LIFE`]: the link with which somebody for whom an account was made chooses their password.
pub(crate) const INVITE_LIFE: Duration = Duration::from_hours(72);
/// See [`CLAIM_LIFE`].
pub(crate) const RESET_LIFE: Duration = Duration::from_mins(30);
/// See [`CLAIM_LIFE`].
pub(crate) const MAGIC_LINK_LIFE: Duration = Duration::from_mins(10);
/// See [`CLAIM_LIFE`].
pub(crate) const EMAIL_CHANGE_LIFE: Duration = Duration::from_hours(24);
