use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;

/// How the crate waits for a provider's limit; tests move a clock instead.
#[async_trait]
pub trait Pause: Send + Sync + Debug {
    /// Comes back after this time.
    async fn pause(&self, time: Duration);
}

/// Waits as long as it takes.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealPause;

#[async_trait]
impl Pause for RealPause {
    async fn pause(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}
