use std::sync::Arc;

use async_trait::async_trait;
use auth::{Accounts, AuthError};
use core_db::DbError;
use core_kernel::UserId;
use core_mail::{Address, Recipients};

/// Mail asks `auth` for a person's address when it is sent.
pub(crate) struct AuthRecipients(pub(crate) Arc<dyn Accounts>);

#[async_trait]
impl Recipients for AuthRecipients {
    async fn address_of(&self, user: UserId) -> Result<Option<Address>, DbError> {
        let found = self.0.find(user).await.map_err(|error| match error {
            AuthError::Db(error) => error,
            other => DbError::Corrupt(other.to_string()),
        })?;
        Ok(found.map(|account| Address { email: account.email.as_str().to_owned(), locale: None }))
    }
}
