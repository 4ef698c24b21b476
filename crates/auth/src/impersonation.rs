use std::time::Duration;

use async_trait::async_trait;
use core_db::{AuditEntry, DbError, Tx};
use core_kernel::{Actor, FieldError, Timestamp, UserId};

use crate::core::{Core, require_usable};
use crate::credentials::require_person;
use crate::model::{AccessToken, Session, SessionId};
use crate::roles::require_all;
use crate::service::Impersonation;
use crate::snapshot::Rights;
use crate::store::{accounts, sessions};
use crate::{AuthError, permissions};

/// How long an administrator acts in somebody's place.
const LIFE: Duration = Duration::from_mins(15);
/// How long a reason may be.
const MAX_REASON: usize = 500;

/// Acting in somebody's place.
#[derive(Clone, Debug)]
pub(crate) struct ImpersonationService {
    pub(crate) core: Core,
    pub(crate) rights: Rights,
}

#[async_trait]
impl Impersonation for ImpersonationService {
    async fn impersonate(&self, actor: &Actor, user: UserId, reason: &str) -> Result<AccessToken, AuthError> {
        actor.require(&permissions::IMPERSONATE)?;
        let own = require_person(actor)?;
        let reason = reason.trim();
        if reason.is_empty() || reason.chars().count() > MAX_REASON || reason.chars().any(char::is_control) {
            let message = format!("1 to {MAX_REASON} printable characters");
            return Err(AuthError::Invalid(vec![FieldError::new("/reason", "invalid_reason", message)]));
        }
        let begin = |tx: Tx| async move { self.begin(&tx, actor, own, user, reason).await };
        let session = self.core.db.write(begin).await?;
        self.core.access_token(&session).await
    }
}

impl ImpersonationService {
    async fn begin(&self, tx: &Tx, actor: &Actor, own: SessionId, user: UserId, reason: &str) -> Result<Session, AuthError> {
        let account = accounts::find(tx, user).await?.ok_or(DbError::NotFound)?;
        if account.status == crate::AccountStatus::Closed {
            return Err(DbError::NotFound.into());
        }
        require_usable(&account, &self.core.config)?;
        let over = self.rights.platform_of(tx, &account.roles).await?;
        require_all(actor, &over)?;
        let now = tx.ambient().now();
        let until = now.plus(LIFE);
        let session = Session {
            id: tx.ambient().id(),
            user,
            device: Some("an administrator in your place".to_owned()),
            created_at: now,
            last_used_at: now,
            // Its person has proved nothing: what asks for a recent login is refused.
            auth_time: Timestamp::from_millis(0),
            amr: Vec::new(),
            counter: 0,
            rotated_at: now,
            by_cookie: false,
            idle_expires_at: until,
            absolute_expires_at: until,
            ended_at: None,
            impersonator: Some((actor.subject, own)),
        };
        sessions::create(tx, &session).await?;
        self.core.fresh_keys(tx).await?;
        // Both see it: the one whose place was taken, and the administrator.
        for subject in [user, actor.subject] {
            let details = serde_json::json!({"by": actor.subject, "user": user, "session": session.id, "reason": reason});
            let entry = AuditEntry { action: "auth.impersonated", outcome: "success", subject, org: None, details };
            core_db::audit(tx, entry).await?;
        }
        Ok(session)
    }
}
