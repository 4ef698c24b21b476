use async_trait::async_trait;
use core_db::{AuditEntry, DbError, Tx};
use core_jobs::{NewEvent, publish};
use core_kernel::{Actor, FieldError, UserId};

use crate::accounts::announce_created;
use crate::core::{Core, INVITE_LIFE, check_name};
use crate::letters::bound_to_secrets;
use crate::model::{Account, AccountStatus, Purpose};
use crate::recovery::{publish_updated, send};
use crate::roles::require_another_administrator;
use crate::service::{AccountDraft, Administration};
use crate::snapshot::Rights;
use crate::store::accounts::NewAccount;
use crate::store::{accounts, codes, roles, sessions};
use crate::{AuthError, Email, permissions};

/// [`Administration`] over the tables of this crate.
#[derive(Clone, Debug)]
pub(crate) struct AdministrationService {
    pub(crate) core: Core,
    pub(crate) rights: Rights,
}

#[async_trait]
impl Administration for AdministrationService {
    async fn create(&self, actor: &Actor, draft: AccountDraft) -> Result<Account, AuthError> {
        actor.require(&permissions::USERS_MANAGE)?;
        let new = &checked(&draft)?;
        let core = &self.core;
        let create = |tx: Tx| async move {
            let account = accounts::create(&tx, new.clone()).await?;
            announce_created(&tx, &account).await?;
            note(&tx, actor, account.id, "auth.account_created").await?;
            let bound_to = bound_to_secrets(&account);
            let code = codes::create(&tx, Purpose::ResetPassword, Some(account.id), bound_to, INVITE_LIFE).await?;
            let link = core.link(&core.config.links.reset_password, "reset-password", &code);
            send(&tx, &account, "auth.account_made", &link).await?;
            Ok(account)
        };
        match core.db.write(create).await {
            Err(AuthError::Db(DbError::Conflict(_))) => Err(AuthError::EmailTaken),
            other => other,
        }
    }

    async fn suspend(&self, actor: &Actor, user: UserId) -> Result<(), AuthError> {
        actor.require(&permissions::USERS_MANAGE)?;
        let core = &self.core;
        core.db
            .write(|tx| async move {
                let account = self.within_reach(&tx, actor, user).await?;
                if account.status == AccountStatus::Suspended {
                    return Ok(());
                }
                spare_last_administrator(&tx, &account).await?;
                accounts::set_status(&tx, user, AccountStatus::Active, AccountStatus::Suspended).await?;
                let ended = sessions::end_all(&tx, user, None, "suspended").await?;
                core.forget_after_commit(&tx, ended);
                core.forget_everybody_after_commit(&tx);
                publish_updated(&tx, user).await?;
                note(&tx, actor, user, "auth.account_suspended").await?;
                Ok(())
            })
            .await
    }

    async fn reactivate(&self, actor: &Actor, user: UserId) -> Result<(), AuthError> {
        actor.require(&permissions::USERS_MANAGE)?;
        self.core
            .db
            .write(|tx| async move {
                self.within_reach(&tx, actor, user).await?;
                if accounts::set_status(&tx, user, AccountStatus::Suspended, AccountStatus::Active).await? {
                    publish_updated(&tx, user).await?;
                    note(&tx, actor, user, "auth.account_reactivated").await?;
                    self.core.forget_everybody_after_commit(&tx);
                }
                Ok(())
            })
            .await
    }

    async fn close(&self, actor: &Actor, user: UserId) -> Result<(), AuthError> {
        actor.require(&permissions::USERS_MANAGE)?;
        let core = &self.core;
        core.db
            .write(|tx| async move {
                let account = self.within_reach(&tx, actor, user).await?;
                note(&tx, actor, user, "auth.account_closed_by_administrator").await?;
                close(core, &tx, &account).await
            })
            .await
    }
}

impl AdministrationService {
    /// The account, when it is there and has no platform right that the caller does not have. Roles stay as they are until the unit of work
    /// ends.
    async fn within_reach(&self, tx: &Tx, actor: &Actor, user: UserId) -> Result<Account, AuthError> {
        roles::lock(tx).await?;
        let account = accounts::find(tx, user).await?.filter(|account| account.status != AccountStatus::Closed);
        let account = account.ok_or(DbError::NotFound)?;
        let theirs = self.rights.platform_of(tx, &account.roles).await?;
        crate::roles::require_all(actor, &theirs)?;
        Ok(account)
    }
}

/// Closes an account and ends its sessions; the roles are locked. Safe to repeat.
pub(crate) async fn close(core: &Core, tx: &Tx, account: &Account) -> Result<(), AuthError> {
    let user = account.id;
    spare_last_administrator(tx, account).await?;
    if accounts::close(tx, user).await? {
        crate::core::audit(tx, "auth.account_closed", "success", user).await?;
        let data = serde_json::json!({});
        publish(tx, NewEvent { r#type: "user.deleted", version: 1, owner: user.into(), subject: user.get(), data }).await?;
    }
    let ended = sessions::end_all(tx, user, None, "account_closed").await?;
    core.forget_after_commit(tx, ended);
    Ok(())
}

async fn spare_last_administrator(tx: &Tx, account: &Account) -> Result<(), AuthError> {
    if account.roles.iter().any(|role| role == permissions::ADMIN_ROLE) {
        require_another_administrator(tx, account.id).await?;
    }
    Ok(())
}

/// Nobody has proved anything yet: no password, and the address waits for the link in its mail.
fn checked(draft: &AccountDraft) -> Result<NewAccount, AuthError> {
    let email = Email::parse(&draft.email);
    let name = draft.display_name.as_deref().map(|name| check_name(name, "/display_name")).transpose();
    match (email, name) {
        (Some(email), Ok(display_name)) => {
            Ok(NewAccount { email, display_name, roles: Vec::new(), password_hash: None, verified: false })
        }
        (email, name) => {
            let wrong = FieldError::new("/email", "invalid_email", "an address such as ada@example.com");
            Err(AuthError::Invalid(email.is_none().then_some(wrong).into_iter().chain(name.err()).collect()))
        }
    }
}

async fn note(tx: &Tx, actor: &Actor, subject: UserId, action: &'static str) -> Result<(), DbError> {
    let details = serde_json::json!({"by": actor.subject});
    core_db::audit(tx, AuditEntry { action, outcome: "success", subject, org: None, details }).await
}
