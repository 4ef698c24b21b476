use std::sync::Arc;

use async_trait::async_trait;
use auth::{Account, AccountDraft, AccountStatus, Accounts, Administration};
use core_kernel::{Actor, PortError, UserId};
use users::{Identities, Identity, IdentityAdministration, IdentityStatus};

/// `users` asks `auth` who somebody is.
pub(crate) struct AuthIdentities(pub(crate) Arc<dyn Accounts>);

#[async_trait]
impl Identities for AuthIdentities {
    async fn find(&self, user: UserId) -> Result<Option<Identity>, PortError> {
        Ok(self.0.find(user).await?.map(identity))
    }

    async fn close(&self, user: UserId) -> Result<(), PortError> {
        Ok(self.0.close(user).await?)
    }
}

fn identity(account: Account) -> Identity {
    Identity {
        id: account.id,
        email: account.email.as_str().to_owned(),
        email_verified: account.email_verified_at.is_some(),
        display_name: account.display_name,
        status: match account.status {
            AccountStatus::Active => IdentityStatus::Active,
            AccountStatus::Suspended => IdentityStatus::Suspended,
            AccountStatus::Closed => IdentityStatus::Closed,
        },
        created_at: account.created_at,
        version: account.version,
    }
}

/// `users` asks `auth` to change accounts; both check the caller, each for its own right.
pub(crate) struct AuthAdministration(pub(crate) Arc<dyn Administration>);

#[async_trait]
impl IdentityAdministration for AuthAdministration {
    async fn create(&self, actor: &Actor, email: &str, display_name: Option<&str>) -> Result<Identity, PortError> {
        let draft = AccountDraft { email: email.to_owned(), display_name: display_name.map(str::to_owned) };
        Ok(identity(self.0.create(actor, draft).await?))
    }

    async fn suspend(&self, actor: &Actor, user: UserId) -> Result<(), PortError> {
        Ok(self.0.suspend(actor, user).await?)
    }

    async fn reactivate(&self, actor: &Actor, user: UserId) -> Result<(), PortError> {
        Ok(self.0.reactivate(actor, user).await?)
    }

    async fn close(&self, actor: &Actor, user: UserId) -> Result<(), PortError> {
        Ok(self.0.close(actor, user).await?)
    }
}
