use async_trait::async_trait;
use core_db::{DbError, Tx};
use core_kernel::Secret;

use crate::core::{Core, require_usable};
use crate::letters::{self, Letter, bound_to_secrets};
use crate::model::{Account, AccountStatus, Device, Purpose};
use crate::recovery::publish_updated;
use crate::service::{MagicLinks, SignIn};
use crate::sign_in::Opened;
use crate::store::{accounts, codes, sessions};
use crate::{AuthError, EmailVerification, guesses};

/// Sign-in by mail.
#[derive(Clone, Debug)]
pub(crate) struct MagicLinkService {
    pub(crate) core: Core,
}

#[async_trait]
impl MagicLinks for MagicLinkService {
    async fn request(&self, email: &str) -> Result<(), AuthError> {
        letters::post(&self.core.db, Letter::MagicLink, email).await
    }

    async fn consume(&self, code: &Secret, device: Device) -> Result<SignIn, AuthError> {
        let device = &device;
        let opened = self.core.db.write(|tx| async move { self.open(&tx, code, device).await }).await?;
        self.core.opened(opened).await
    }
}

impl MagicLinkService {
    async fn open(&self, tx: &Tx, code: &Secret, device: &Device) -> Result<Opened, AuthError> {
        let core = &self.core;
        let code = codes::consume(tx, Purpose::MagicLink, code.expose()).await?.ok_or(AuthError::InvalidCode)?;
        let user = code.user.ok_or(AuthError::InvalidCode)?;
        let account = accounts::find(tx, user).await?.filter(|account| account.status != AccountStatus::Closed);
        let account = account.filter(|account| bound_to_secrets(account) == code.bound_to).ok_or(AuthError::InvalidCode)?;
        let account = if account.email_verified_at.is_some() { account } else { self.verified(tx, account).await? };
        require_usable(&account, &core.config)?;
        // Who reads the account's mail need not wait because somebody else guessed its password.
        guesses::forget(tx, &account.email).await?;
        // The name of RFC 8176 for a code that works once.
        Ok(core.sign_in(tx, &account, device, "otp").await?)
    }

    /// The link proved the address. Where addresses must be verified, whoever registered this one has not shown until now that it is
    /// theirs: what they chose as its password is not taken over.
    async fn verified(&self, tx: &Tx, account: Account) -> Result<Account, AuthError> {
        accounts::verify_email(tx, account.id).await?;
        if self.core.config.email_verification == EmailVerification::Required && account.password_hash.is_some() {
            accounts::drop_password(tx, account.id, account.password_version).await?;
            let ended = sessions::end_all(tx, account.id, None, "address_verified_by_link").await?;
            self.core.forget_after_commit(tx, ended);
        }
        publish_updated(tx, account.id).await?;
        Ok(accounts::find(tx, account.id).await?.ok_or(DbError::NotFound)?)
    }
}
