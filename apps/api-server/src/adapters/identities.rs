use std::sync::Arc;

use async_trait::async_trait;
use auth::{AccountStatus, Accounts};
use core_kernel::{PortError, UserId};
use users::{Identities, Identity, IdentityStatus};

/// `users` asks `auth` who somebody is.
pub(crate) struct AuthIdentities(pub(crate) Arc<dyn Accounts>);

#[async_trait]
impl Identities for AuthIdentities {
    async fn find(&self, user: UserId) -> Result<Option<Identity>, PortError> {
        let found = self.0.find(user).await?;
        Ok(found.map(|account| Identity {
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
        }))
    }

    async fn close(&self, user: UserId) -> Result<(), PortError> {
        Ok(self.0.close(user).await?)
    }
}
