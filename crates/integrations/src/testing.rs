//! A pause that moves a frozen clock, and the contract fixture.

#[cfg(feature = "http")]
mod fixture;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use core_testing::FrozenClock;

use crate::Pause;

#[cfg(feature = "http")]
pub use fixture::{IntegrationsFixture, VendorUrls};

/// Moves a frozen clock in place of waiting.
#[derive(Clone, Debug)]
pub struct ClockPause(pub Arc<FrozenClock>);

#[async_trait]
impl Pause for ClockPause {
    async fn pause(&self, time: Duration) {
        // The clock has whole milliseconds; less than one would stand still.
        self.0.advance(time + Duration::from_micros(999));
        tokio::task::yield_now().await;
    }
}
