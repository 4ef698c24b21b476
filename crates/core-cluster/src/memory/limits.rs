use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use core_kernel::Clock;

use super::expiring::Expiring;
use crate::rate::gcra;
use crate::{ClusterError, Decision, Quota, RateLimiter};

/// Rate limits of one process. A full map forgets the keys that are nearest to their whole burst.
#[derive(Debug)]
pub(crate) struct MemoryLimits {
    clock: Arc<dyn Clock>,
    arrivals: Expiring<u64>,
}

impl MemoryLimits {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, arrivals: Expiring::new() }
    }
}

#[async_trait]
impl RateLimiter for MemoryLimits {
    async fn check(&self, key: &str, quota: Quota, cost: u32) -> Result<Decision, ClusterError> {
        let mut shard = self.arrivals.shard(key);
        // Read under the lock, so that times per key never run backwards.
        let now = self.clock.now();
        let micros = u64::try_from(now.millis()).unwrap_or_default().saturating_mul(1_000);
        let step = gcra(micros, shard.get(key, now).copied(), quota, cost);
        if let Some(arrival) = step.store {
            // One millisecond more, because the clock's are whole.
            let ends = now.plus(step.decision.reset_after + Duration::from_millis(1));
            shard.insert_evicting(key, arrival, ends, now);
        }
        Ok(step.decision)
    }

    async fn forget(&self, key: &str) -> Result<(), ClusterError> {
        self.arrivals.shard(key).remove(key, self.clock.now());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::testing::Frozen;

    #[tokio::test]
    async fn time_gives_back_unit_by_unit() {
        let clock = Arc::new(Frozen::default());
        let limits = MemoryLimits::new(clock.clone());
        let quota = Quota::per_minute(3);
        assert!(limits.check("k", quota, 3).await.unwrap().allowed);
        assert!(!limits.check("k", quota, 1).await.unwrap().allowed);
        clock.pass(Duration::from_secs(19));
        assert_eq!(limits.check("k", quota, 1).await.unwrap().retry_after, Duration::from_secs(1));
        clock.pass(Duration::from_secs(1));
        assert!(limits.check("k", quota, 1).await.unwrap().allowed);
        assert!(!limits.check("k", quota, 1).await.unwrap().allowed);
        clock.pass(Duration::from_mins(1));
        assert_eq!(limits.check("k", quota, 0).await.unwrap().remaining, 3);
    }
}
