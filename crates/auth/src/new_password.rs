use core_db::{DbError, Tx};
use core_kernel::{FieldError, Secret, UserId};

use crate::AuthError;
use crate::core::{Core, audit};
use crate::leaked::Leak;

/// A password that may be set.
#[derive(Clone, Debug)]
pub(crate) struct NewPassword {
    pub(crate) hash: String,
    /// The service that knows leaked passwords was to be asked, and did not answer.
    unchecked: bool,
}

impl Core {
    /// Looks for an accepted password among leaked ones, and hashes it.
    pub(crate) async fn new_password(&self, accepted: Secret, pointer: &str) -> Result<NewPassword, AuthError> {
        let leak = self.leaks.look(&accepted).await?;
        if leak == Leak::Found {
            let message = "this password was found in a list of leaked ones";
            return Err(AuthError::Invalid(vec![FieldError::new(pointer, "leaked", message)]));
        }
        Ok(NewPassword { hash: self.hasher.hash(accepted).await?, unchecked: leak == Leak::Unknown })
    }
}

impl NewPassword {
    /// Leaves a mark where the password was taken without having been looked for.
    pub(crate) async fn note(&self, tx: &Tx, user: UserId) -> Result<(), DbError> {
        if self.unchecked { audit(tx, "auth.password_not_checked", "failure", user).await } else { Ok(()) }
    }
}
