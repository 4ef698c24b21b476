use async_trait::async_trait;
use core_db::{AuditEntry, DbError, Tx};
use core_kernel::{Actor, UserId};

use crate::core::Core;
use crate::credentials::require_person;
use crate::model::{IdentityId, LinkedIdentity};
use crate::recovery::notify;
use crate::service::Identities;
use crate::store::{accounts, identities};
use crate::ways_in::{lock, ways_in};
use crate::{AuthError, permissions};

/// Linked identities over the tables of this crate.
#[derive(Clone, Debug)]
pub(crate) struct IdentityService {
    pub(crate) core: Core,
}

#[async_trait]
impl Identities for IdentityService {
    async fn list(&self, actor: &Actor) -> Result<Vec<LinkedIdentity>, AuthError> {
        actor.require(&permissions::SELF)?;
        Ok(identities::list(self.core.db.read(), actor.subject).await?)
    }

    async fn unlink(&self, actor: &Actor, id: IdentityId) -> Result<(), AuthError> {
        actor.require(&permissions::SELF)?;
        require_person(actor)?;
        let core = &self.core;
        let account = &accounts::find(core.db.read(), actor.subject).await?.ok_or(AuthError::SessionEnded)?;
        core.db
            .write(|tx| async move {
                let account = lock(&tx, account).await?.ok_or(AuthError::SessionEnded)?;
                let removed = identities::delete(&tx, account.id, id).await?.ok_or(DbError::NotFound)?;
                if ways_in(core, &tx, &account).await? == 0 {
                    return Err(AuthError::LastWayIn);
                }
                audit_identity(&tx, "auth.identity_unlinked", account.id, &removed.provider).await?;
                notify(&tx, &account, "auth.identities_changed").await?;
                Ok(())
            })
            .await
    }
}

/// Writes what has happened to an identity.
pub(crate) async fn audit_identity(tx: &Tx, action: &'static str, subject: UserId, provider: &str) -> Result<(), DbError> {
    let details = serde_json::json!({"provider": provider});
    core_db::audit(tx, AuditEntry { action, outcome: "success", subject, org: None, details }).await
}
