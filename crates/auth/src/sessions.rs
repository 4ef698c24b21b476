use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use core_db::{AuditEntry, DbError};
use core_kernel::{Actor, ActorKind, Page, PageRequest, Secret, UserId};

use crate::core::{Core, audit, require_usable};
use crate::model::{Device, Session, SessionId, Tokens};
use crate::password::Verdict;
use crate::service::{Sessions, SignIn};
use crate::snapshot::Identity;
use crate::store::{accounts, sessions};
use crate::{AuthError, Email, guesses, permissions, token};

/// Sessions over the tables of this crate.
#[derive(Clone, Debug)]
pub(crate) struct SessionService {
    pub(crate) core: Core,
}

/// What became of a refresh.
enum Rotation {
    /// The counter moved, or the answer to the move before was lost and is given again.
    To(Box<Session>, i64),
    /// The token was used before: the session ends.
    Reused,
    Refused,
}

#[async_trait]
impl Sessions for SessionService {
    async fn login(&self, email: &str, password: &Secret, device: Device) -> Result<SignIn, AuthError> {
        let core = &self.core;
        let Some(email) = Email::parse(email) else {
            core.hasher.verify(password, None).await?;
            return Err(AuthError::InvalidCredentials);
        };
        let account = accounts::find_by_email(core.db.read(), &email).await?;
        let verdict = core.guess(&email, account.as_ref(), password, "auth.login").await?;
        let (Some(account), Verdict::Right | Verdict::RightButOutdated(_)) = (account, &verdict) else {
            return Err(AuthError::InvalidCredentials);
        };
        require_usable(&account, &core.config)?;
        let (account, device, verdict) = (&account, &device, &verdict);
        let opened = core
            .db
            .write(|tx| async move {
                guesses::was_right(&tx, &account.email).await?;
                if let Verdict::RightButOutdated(hash) = verdict {
                    accounts::rehash(&tx, account.id, account.password_version, hash.clone()).await?;
                }
                core.sign_in(&tx, account, device, "pwd").await.map_err(AuthError::from)
            })
            .await?;
        core.opened(opened).await
    }

    async fn refresh(&self, refresh_token: &Secret) -> Result<Tokens, AuthError> {
        let core = &self.core;
        let opened = token::open_refresh_token(core.db.keyring(), refresh_token.expose());
        let (id, counter) = opened.ok_or(AuthError::InvalidRefreshToken)?;
        let rotation = core.db.write(|tx| async move { self.rotate(&tx, id, counter).await }).await?;
        match rotation {
            Rotation::To(session, counter) => core.tokens(&session, counter).await,
            Rotation::Reused => Err(AuthError::SessionEnded),
            Rotation::Refused => Err(AuthError::InvalidRefreshToken),
        }
    }

    async fn who_am_i(&self, actor: &Actor) -> Result<Actor, AuthError> {
        actor.require(&permissions::SELF)?;
        Ok(actor.clone())
    }

    async fn logout(&self, actor: &Actor) -> Result<(), AuthError> {
        let Some(session) = actor.session else { return Ok(()) };
        self.end(actor, SessionId(session.id), "logout").await.map(drop)
    }

    async fn logout_all(&self, actor: &Actor) -> Result<(), AuthError> {
        actor.require(&permissions::SELF)?;
        refuse_in_place(actor)?;
        let core = &self.core;
        let user = actor.subject;
        let done: Result<(), DbError> = core
            .db
            .write(|tx| async move {
                let ended = sessions::end_all(&tx, user, None, "logout_all").await?;
                audit(&tx, "auth.logout_all", "success", user).await?;
                core.forget_after_commit(&tx, ended);
                Ok(())
            })
            .await;
        Ok(done?)
    }

    async fn list(&self, actor: &Actor, request: &PageRequest) -> Result<Page<Session>, AuthError> {
        actor.require(&permissions::SELF)?;
        let db = &self.core.db;
        Ok(sessions::list(db.read(), actor.subject, db.ambient().now(), request).await?)
    }

    async fn revoke(&self, actor: &Actor, session: SessionId) -> Result<(), AuthError> {
        refuse_in_place(actor)?;
        if self.end(actor, session, "revoked").await? { Ok(()) } else { Err(DbError::NotFound.into()) }
    }

    async fn end_of(&self, actor: &Actor, user: UserId) -> Result<(), AuthError> {
        actor.require(&permissions::USERS_MANAGE)?;
        let core = &self.core;
        let done: Result<(), DbError> = core
            .db
            .write(|tx| async move {
                accounts::find(&tx, user).await?.ok_or(DbError::NotFound)?;
                let ended = sessions::end_all(&tx, user, None, "ended_by_administrator").await?;
                let details = serde_json::json!({"by": actor.subject});
                let entry = AuditEntry { action: "auth.sessions_ended", outcome: "success", subject: user, org: None, details };
                core_db::audit(&tx, entry).await?;
                core.forget_after_commit(&tx, ended);
                Ok(())
            })
            .await;
        Ok(done?)
    }

    async fn identify(&self, access_token: &str, authoritative: bool) -> Result<Arc<Identity>, AuthError> {
        self.core.snapshots.identify(access_token, authoritative).await
    }

    fn jwks(&self) -> Arc<str> {
        self.core.signer.jwks()
    }
}

/// An administrator in somebody's place ends the session that they act by, and no other.
fn refuse_in_place(actor: &Actor) -> Result<(), AuthError> {
    if matches!(actor.kind, ActorKind::Impersonated { .. }) { Err(AuthError::PersonNeeded) } else { Ok(()) }
}

impl SessionService {
    async fn end(&self, actor: &Actor, session: SessionId, reason: &'static str) -> Result<bool, AuthError> {
        actor.require(&permissions::SELF)?;
        let core = &self.core;
        let user = actor.subject;
        let ended: Result<bool, DbError> = core
            .db
            .write(|tx| async move {
                let ended = sessions::end(&tx, user, session, reason).await?;
                if ended {
                    audit(&tx, "auth.session_ended", "success", user).await?;
                    core.forget_after_commit(&tx, vec![session]);
                }
                Ok(ended)
            })
            .await;
        Ok(ended?)
    }

    async fn rotate(&self, tx: &core_db::Tx, id: SessionId, counter: i64) -> Result<Rotation, DbError> {
        let core = &self.core;
        let idle_until = tx.ambient().now().plus(core.config.session_idle());
        let moved = sessions::rotate(tx, id, counter, idle_until).await?;
        let Some(session) = sessions::find(tx, id).await? else { return Ok(Rotation::Refused) };
        let usable = match accounts::find(tx, session.user).await? {
            Some(account) => require_usable(&account, &core.config).is_ok(),
            None => false,
        };
        core.fresh_keys(tx).await?;
        if moved && usable {
            return Ok(Rotation::To(Box::new(session), counter + 1));
        }
        if !usable || session.by_cookie || session.ended_at.is_some() || session.is_over(tx.ambient().now()) {
            return Ok(Rotation::Refused);
        }
        // The counter stands at the successor, so nobody has used that one: the first answer may have been lost.
        let grace = Duration::from_secs(core.config.refresh_grace_seconds);
        if session.counter == counter + 1 && tx.ambient().now().since(session.rotated_at) <= grace {
            return Ok(Rotation::To(Box::new(session), counter + 1));
        }
        sessions::end(tx, session.user, id, "refresh_token_reused").await?;
        audit(tx, "auth.refresh_token_reused", "failure", session.user).await?;
        core.forget_after_commit(tx, vec![id]);
        Ok(Rotation::Reused)
    }
}
