use async_trait::async_trait;
use core_db::{DbError, Tx};
use core_jobs::{NewEvent, publish};
use core_kernel::{Secret, UserId};
use core_mail::{MailRequest, Recipient, mail};

use crate::core::{Core, VERIFY_LIFE, audit};
use crate::letters::{self, Letter, bound_to_secrets};
use crate::model::{Account, Purpose};
use crate::password::accept;
use crate::service::Recovery;
use crate::store::{accounts, api_keys, codes, identities, passkeys, sessions};
use crate::{AuthError, Email, guesses};

/// The ways back in, by mail.
#[derive(Clone, Debug)]
pub(crate) struct RecoveryService {
    pub(crate) core: Core,
}

#[async_trait]
impl Recovery for RecoveryService {
    async fn resend_verification(&self, email: &str) -> Result<(), AuthError> {
        letters::post(&self.core.db, Letter::VerifyEmail, email).await
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
        letters::post(&self.core.db, Letter::ResetPassword, email).await
    }

    async fn reset_password(&self, code: &Secret, password: &Secret) -> Result<(), AuthError> {
        let core = &self.core;
        let nobody =
            Email::parse("nobody@example.invalid").ok_or_else(|| AuthError::Internal("the placeholder address".into()))?;
        let accepted = accept(password, &nobody, core.config.password_min_length, "/password");
        let password = accepted.map_err(|fault| AuthError::Invalid(vec![fault]))?;
        let password = &core.new_password(password, "/password").await?;
        core.db
            .write(|tx| {
                let hash = password.hash.clone();
                async move {
                    let code = codes::consume(&tx, Purpose::ResetPassword, code.expose()).await?.ok_or(AuthError::InvalidCode)?;
                    let user = code.user.ok_or(AuthError::InvalidCode)?;
                    let account = accounts::find(&tx, user).await?.ok_or(AuthError::InvalidCode)?;
                    let bound = bound_to_secrets(&account) == code.bound_to;
                    if !bound || !accounts::set_password(&tx, user, account.password_version, hash).await? {
                        return Err(AuthError::InvalidCode);
                    }
                    password.note(&tx, user).await?;
                    guesses::forget(&tx, &account.email).await?;
                    // The mail proved the address.
                    if accounts::verify_email(&tx, user).await? {
                        publish_updated(&tx, user).await?;
                        take_back_access(core, &tx, user).await?;
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

/// Removes what opens the account beside its password. Until its address was proved, whoever registered it may have been somebody
/// else who lies in wait. The second factor stays: it opens nothing by itself, and a reset must not go round it.
async fn take_back_access(core: &Core, tx: &Tx, user: UserId) -> Result<(), DbError> {
    api_keys::delete_of(tx, user.into()).await?;
    api_keys::delete_made_by(tx, user).await?;
    passkeys::delete_of(tx, user).await?;
    identities::delete_of(tx, user).await?;
    core.forget_everybody_after_commit(tx);
    audit(tx, "auth.access_taken_back", "success", user).await
}

/// Queues the mail with the link that verifies the account's address.
pub(crate) async fn send_verification(core: &Core, tx: &Tx, account: &Account) -> Result<(), DbError> {
    let bound_to = account.email.canonical().to_owned();
    let code = codes::create(tx, Purpose::VerifyEmail, Some(account.id), bound_to, VERIFY_LIFE).await?;
    let link = core.link(&core.config.links.verify_email, "verify-email", &code);
    send(tx, account, "auth.verify_email", &link).await
}

/// Tells the owner of an address that somebody tried to register with it, and gives them a link to sign in. As much work as
/// [`send_verification`].
pub(crate) async fn tell_of_attempt(core: &Core, tx: &Tx, account: &Account) -> Result<(), DbError> {
    let link = letters::magic_link(core, tx, account).await?;
    send(tx, account, "auth.already_registered", &link).await
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
