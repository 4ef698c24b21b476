use async_trait::async_trait;
use core_db::{DbError, Tx};
use core_jobs::{NewEvent, publish};
use core_kernel::{Secret, UserId};
use core_mail::{MailRequest, Recipient, mail};

use crate::core::{Core, RESET_LIFE, VERIFY_LIFE, audit};
use crate::model::{Account, AccountStatus, Purpose};
use crate::password::accept;
use crate::service::Recovery;
use crate::store::{accounts, codes, sessions};
use crate::{AuthError, Email};

/// The ways back in, by mail.
#[derive(Clone, Debug)]
pub(crate) struct RecoveryService {
    pub(crate) core: Core,
}

#[async_trait]
impl Recovery for RecoveryService {
    async fn resend_verification(&self, email: &str) -> Result<(), AuthError> {
        let core = &self.core;
        let Some(account) = self.find(email).await? else { return Ok(()) };
        if account.email_verified_at.is_some() {
            return Ok(());
        }
        let account = &account;
        let sent: Result<(), DbError> = core.db.write(|tx| async move { send_verification(core, &tx, account).await }).await;
        Ok(sent?)
    }

    async fn verify_email(&self, code: &Secret) -> Result<(), AuthError> {
        self.core
            .db
            .write(|tx| async move {
                let code = codes::consume(&tx, Purpose::VerifyEmail, code.expose()).await?.ok_or(AuthError::InvalidCode)?;
                let user = code.user.ok_or(AuthError::InvalidCode)?;
                let account = accounts::find(&tx, user).await?.ok_or(AuthError::InvalidCode)?;
                // A link to an address that the account no longer has proves nothing.
                if account.email.canonical() != code.bound_to {
                    return Err(AuthError::InvalidCode);
                }
                if accounts::verify_email(&tx, user).await? {
                    publish_updated(&tx, user).await?;
                }
                audit(&tx, "auth.email_verified", "success", user).await?;
                Ok(())
            })
            .await
    }

    async fn forgot_password(&self, email: &str) -> Result<(), AuthError> {
        let core = &self.core;
        let Some(account) = self.find(email).await? else { return Ok(()) };
        let account = &account;
        let sent: Result<(), DbError> = core
            .db
            .write(|tx| async move {
                let bound_to = account.password_version.to_string();
                let code = codes::create(&tx, Purpose::ResetPassword, Some(account.id), bound_to, RESET_LIFE).await?;
                let link = core.link(&core.config.links.reset_password, "reset-password", &code);
                send(&tx, account, "auth.reset_password", &link).await?;
                audit(&tx, "auth.password_forgotten", "success", account.id).await
            })
            .await;
        Ok(sent?)
    }

    async fn reset_password(&self, code: &Secret, password: &Secret) -> Result<(), AuthError> {
        let core = &self.core;
        let nobody =
            Email::parse("nobody@example.invalid").ok_or_else(|| AuthError::Internal("the placeholder address".into()))?;
        let accepted = accept(password, &nobody, core.config.password_min_length, "/password");
        let password = accepted.map_err(|fault| AuthError::Invalid(vec![fault]))?;
        let hash = core.hasher.hash(password).await?;
        core.db
            .write(|tx| {
                let hash = hash.clone();
                async move {
                    let code = codes::consume(&tx, Purpose::ResetPassword, code.expose()).await?.ok_or(AuthError::InvalidCode)?;
                    let user = code.user.ok_or(AuthError::InvalidCode)?;
                    let version = code.bound_to.parse().map_err(|_| AuthError::InvalidCode)?;
                    if !accounts::set_password(&tx, user, version, hash).await? {
                        return Err(AuthError::InvalidCode);
                    }
                    // The mail proved the address.
                    if accounts::verify_email(&tx, user).await? {
                        publish_updated(&tx, user).await?;
                    }
                    let ended = sessions::end_all(&tx, user, None, "password_reset").await?;
                    core.forget_after_commit(&tx, ended);
                    audit(&tx, "auth.password_reset", "success", user).await?;
                    Ok(())
                }
            })
            .await
    }
}

impl RecoveryService {
    async fn find(&self, email: &str) -> Result<Option<Account>, AuthError> {
        let Some(email) = Email::parse(email) else { return Ok(None) };
        let account = accounts::find_by_email(self.core.db.read(), &email).await?;
        Ok(account.filter(|account| account.status == AccountStatus::Active))
    }
}

/// Queues the mail with the link that verifies the account's address.
pub(crate) async fn send_verification(core: &Core, tx: &Tx, account: &Account) -> Result<(), DbError> {
    let bound_to = account.email.canonical().to_owned();
    let code = codes::create(tx, Purpose::VerifyEmail, Some(account.id), bound_to, VERIFY_LIFE).await?;
    let link = core.link(&core.config.links.verify_email, "verify-email", &code);
    send(tx, account, "auth.verify_email", &link).await
}

/// Tells the owner of an address that somebody tried to register with it.
pub(crate) async fn tell_of_attempt(core: &Core, email: &Email) -> Result<(), AuthError> {
    let Some(account) = accounts::find_by_email(core.db.read(), email).await? else { return Ok(()) };
    let account = &account;
    let link = &core.public_url;
    let sent: Result<(), DbError> =
        core.db.write(|tx| async move { send(&tx, account, "auth.already_registered", link).await }).await;
    Ok(sent?)
}

/// Tells the owner of an address what has happened to the account; there is nothing to click.
pub(crate) async fn notify(tx: &Tx, account: &Account, template: &'static str) -> Result<(), DbError> {
    send(tx, account, template, "").await
}

/// Says that an account's address was verified or changed.
pub(crate) async fn publish_updated(tx: &Tx, user: UserId) -> Result<(), DbError> {
    let Some(account) = accounts::find(tx, user).await? else { return Ok(()) };
    let data = user_updated(&account);
    publish(tx, NewEvent { r#type: "user.updated", version: 1, owner: user.into(), subject: user.get(), data }).await.map(drop)
}

/// The payload of `user.updated`.
fn user_updated(account: &Account) -> serde_json::Value {
    let verified = account.email_verified_at.is_some();
    user_updated_form(account.email.as_str(), account.display_name.as_deref(), account.version, verified)
}

/// See [`user_updated`].
pub(crate) fn user_updated_form(email: &str, display_name: Option<&str>, version: i64, verified: bool) -> serde_json::Value {
    serde_json::json!({"email": email, "display_name": display_name, "account_version": version, "email_verified": verified})
}

/// Queues a mail. The address is not looked up when it is sent but fixed now: the link belongs to this address.
pub(crate) async fn send(tx: &Tx, account: &Account, template: &'static str, link: &str) -> Result<(), DbError> {
    let request = MailRequest {
        to: Recipient::Address(account.email.as_str().to_owned()),
        template: template.to_owned(),
        locale: None,
        values: serde_json::json!({"link": link, "display_name": account.display_name}),
    };
    mail(tx, request).await.map(drop)
}
