use async_trait::async_trait;
use core_kernel::{PortError, Secret};

/// Whoever invites people to register. The root answers it over what the product has.
#[async_trait]
pub trait Invitations: Send + Sync {
    /// The address that the open invitation of a token was sent to; none where there is no such invitation. The token must have
    /// gone by mail to that address and nowhere else: whoever brings it counts as the address's owner.
    async fn address_of(&self, token: &Secret) -> Result<Option<String>, PortError>;
}

/// Nobody invites.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoInvitations;

#[async_trait]
impl Invitations for NoInvitations {
    async fn address_of(&self, _token: &Secret) -> Result<Option<String>, PortError> {
        Ok(None)
    }
}
