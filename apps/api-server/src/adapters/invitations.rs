use async_trait::async_trait;
use auth::Invitations;
use core_kernel::{PortError, Secret};

use super::Late;

/// `auth` asks `orgs` whom an invitation was sent to, so that the invited may register. `orgs` is built later.
pub(crate) struct OrgInvitations(pub(crate) Late<dyn orgs::Invitations>);

#[async_trait]
impl Invitations for OrgInvitations {
    async fn address_of(&self, token: &Secret) -> Result<Option<String>, PortError> {
        Ok(self.0.get()?.find(token).await?.map(|invitation| invitation.canonical_email))
    }
}
