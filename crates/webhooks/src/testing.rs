//! Stand-ins for what this crate asks of others, and the contract fixture.

#[cfg(feature = "http")]
mod fixture;

#[cfg(feature = "http")]
pub use fixture::WebhooksFixture;

use async_trait::async_trait;
use core_kernel::{Owner, PortError, UserId};

use crate::Stewards;

/// Whoever the space is named after looks after it.
#[derive(Clone, Copy, Debug, Default)]
pub struct SelfStewards;

#[async_trait]
impl Stewards for SelfStewards {
    async fn of(&self, space: Owner) -> Result<Vec<UserId>, PortError> {
        Ok(vec![UserId(space.get())])
    }
}
