use async_trait::async_trait;

/// A question that readiness asks.
#[async_trait]
pub trait HealthCheck: Send + Sync {
    /// `feature.thing`, unique.
    fn name(&self) -> &'static str;

    /// True when the server can't work without it; a failure of the others only degrades.
    fn critical(&self) -> bool {
        false
    }

    /// `Err` says what is wrong and what to do, without secrets.
    async fn check(&self) -> Result<(), String>;
}
