use async_trait::async_trait;
use core_kernel::{Owner, PortError, UserId};

/// Who looks after a space: the person whose it is, or those who manage the organisation. They are told when deliveries stop.
#[async_trait]
pub trait Stewards: Send + Sync {
    /// Their ids; none when the space is gone.
    async fn of(&self, space: Owner) -> Result<Vec<UserId>, PortError>;
}
