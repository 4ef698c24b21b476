use async_trait::async_trait;
use core_kernel::Secret;

use super::SignIn;
use crate::AuthError;
use crate::model::Device;

/// Sign-in by a link in a mail, without a password.
#[async_trait]
pub trait MagicLinks: Send + Sync {
    /// Sends a link that signs in, if there is an account with this address. The answer and the work are the same if there is none.
    async fn request(&self, email: &str) -> Result<(), AuthError>;
    /// Signs in with the code of such a link, once. It verifies the address that the link was sent to.
    async fn consume(&self, code: &Secret, device: Device) -> Result<SignIn, AuthError>;
}
