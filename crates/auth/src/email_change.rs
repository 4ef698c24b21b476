use async_trait::async_trait;
use core_db::{DbError, Tx};
use core_kernel::{Actor, FieldError, Secret, UserId};
use core_mail::{MailRequest, Recipient, mail};
use uuid::Uuid;

use crate::core::{Core, EMAIL_CHANGE_LIFE, audit, require_usable};
use crate::credentials::require_person;
use crate::model::{Account, Purpose};
use crate::recovery::publish_updated;
use crate::service::{ChangeState, Decision, EmailChanges};
use crate::store::email_changes::{self, EmailChange, Side};
use crate::store::{accounts, codes, sessions};
use crate::{AuthError, Email, guesses, permissions};

/// Changes of address.
#[derive(Clone, Debug)]
pub(crate) struct EmailChangeService {
    pub(crate) core: Core,
}

#[async_trait]
impl EmailChanges for EmailChangeService {
    async fn request(&self, actor: &Actor, email: &str) -> Result<(), AuthError> {
        actor.require(&permissions::SELF)?;
        let session = require_person(actor)?;
        let core = &self.core;
        let fault = |code, message| AuthError::Invalid(vec![FieldError::new("/email", code, message)]);
        let new = Email::parse(email).ok_or_else(|| fault("invalid_email", "an address such as ada@example.com"))?;
        let account = &accounts::find(core.db.read(), actor.subject).await?.ok_or(AuthError::SessionEnded)?;
        require_usable(account, &core.config)?;
        if new.canonical() == account.email.canonical() {
            return Err(fault("same_email", "another address than the one of now"));
        }
        let change = &EmailChange {
            user: account.id,
            id: core.db.ambient().ids.next(),
            new,
            email_version: account.email_version,
            session,
            expires_at: core.db.ambient().now().plus(EMAIL_CHANGE_LIFE),
        };
        Ok(core.db.write(|tx| async move { self.begin(&tx, account, change).await }).await?)
    }

    async fn decide(&self, code: &Secret, decision: Decision) -> Result<ChangeState, AuthError> {
        match self.core.db.write(|tx| async move { self.hear(&tx, code, decision).await }).await {
            // Somebody made an account with the address while the links were on their way.
            Err(AuthError::Db(DbError::Conflict(_))) => Err(AuthError::InvalidCode),
            other => other,
        }
    }
}

impl EmailChangeService {
    async fn begin(&self, tx: &Tx, account: &Account, change: &EmailChange) -> Result<(), DbError> {
        let core = &self.core;
        email_changes::replace(tx, change).await?;
        let (user, bound_to) = (Some(account.id), change.id.to_string());
        let old = codes::create(tx, Purpose::EmailChangeOld, user, bound_to.clone(), EMAIL_CHANGE_LIFE).await?;
        let new = codes::create(tx, Purpose::EmailChangeNew, user, bound_to, EMAIL_CHANGE_LIFE).await?;
        let page = |code: &Secret| core.link(&core.config.links.email_change, "email-change", code);
        send(tx, account, &account.email, "auth.email_change_old", &page(&old), &change.new).await?;
        // Whether the new address has an account is told to its owner alone, who gets no link.
        match accounts::find_by_email(tx, &change.new).await? {
            None => send(tx, account, &change.new, "auth.email_change_new", &page(&new), &change.new).await?,
            Some(other) => send(tx, &other, &change.new, "auth.email_change_taken", "", &change.new).await?,
        }
        audit(tx, "auth.email_change_requested", "success", account.id).await
    }

    async fn hear(&self, tx: &Tx, code: &Secret, decision: Decision) -> Result<ChangeState, AuthError> {
        let (side, code) = match codes::consume(tx, Purpose::EmailChangeOld, code.expose()).await? {
            Some(code) => (Side::Old, code),
            None => {
                let code = codes::consume(tx, Purpose::EmailChangeNew, code.expose()).await?;
                (Side::New, code.ok_or(AuthError::InvalidCode)?)
            }
        };
        let user = code.user.ok_or(AuthError::InvalidCode)?;
        let id = Uuid::parse_str(&code.bound_to).map_err(|_| AuthError::InvalidCode)?;
        if decision == Decision::Cancel {
            return self.cancel(tx, user, id).await;
        }
        let (change, both) = email_changes::confirm(tx, user, id, side).await?.ok_or(AuthError::InvalidCode)?;
        if both {
            self.apply(tx, &change).await?;
            return Ok(ChangeState::Changed);
        }
        audit(tx, "auth.email_change_confirmed", "success", user).await?;
        Ok(ChangeState::Waiting)
    }

    async fn cancel(&self, tx: &Tx, user: UserId, id: Uuid) -> Result<ChangeState, AuthError> {
        if !email_changes::end(tx, user, id).await? {
            return Err(AuthError::InvalidCode);
        }
        void(tx, user, &[Purpose::EmailChangeOld, Purpose::EmailChangeNew]).await?;
        audit(tx, "auth.email_change_cancelled", "success", user).await?;
        Ok(ChangeState::Cancelled)
    }

    async fn apply(&self, tx: &Tx, change: &EmailChange) -> Result<(), AuthError> {
        let user = change.user;
        let account = accounts::find(tx, user).await?.ok_or(AuthError::InvalidCode)?;
        require_usable(&account, &self.core.config)?;
        let ended = email_changes::end(tx, user, change.id).await?;
        if !ended || !accounts::change_email(tx, user, change.email_version, &change.new).await? {
            return Err(AuthError::InvalidCode);
        }
        // Links that the old address got are worth nothing from now on.
        void(tx, user, &[Purpose::VerifyEmail, Purpose::ResetPassword, Purpose::MagicLink, Purpose::SecondFactor]).await?;
        guesses::forget(tx, &change.new).await?;
        let ended = sessions::end_all(tx, user, Some(change.session), "email_changed").await?;
        self.core.forget_after_commit(tx, ended);
        publish_updated(tx, user).await?;
        send(tx, &account, &account.email, "auth.email_changed", "", &change.new).await?;
        Ok(audit(tx, "auth.email_changed", "success", user).await?)
    }
}

async fn void(tx: &Tx, user: UserId, purposes: &[Purpose]) -> Result<(), DbError> {
    for purpose in purposes {
        codes::void(tx, *purpose, Some(user)).await?;
    }
    Ok(())
}

async fn send(
    tx: &Tx,
    account: &Account,
    to: &Email,
    template: &'static str,
    link: &str,
    new_email: &Email,
) -> Result<(), DbError> {
    let request = MailRequest {
        to: Recipient::Address(to.as_str().to_owned()),
        template: template.to_owned(),
        locale: None,
        values: serde_json::json!({"link": link, "display_name": account.display_name, "new_email": new_email.as_str()}),
    };
    mail(tx, request).await.map(drop)
}
