use std::sync::Arc;

use core_kernel::Clock;

use crate::memory::{MemoryBus, MemoryLimits, MemoryLocks, MemoryValues};
use crate::{ClusterError, Locks, PubSub, RateLimiter, ShortLived};

/// All that replicas share, in one clonable value.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// Rate limits.
    pub limits: Arc<dyn RateLimiter>,
    /// Publish and subscribe.
    pub bus: Arc<dyn PubSub>,
    /// Short-lived values.
    pub values: Arc<dyn ShortLived>,
    /// Locks.
    pub locks: Arc<dyn Locks>,
}

impl Cluster {
    /// One process: everything in memory, driven by `clock`. Expired entries are swept while others are used, and at most a
    /// million of each kind are kept: rate limits then forget what is nearest to its end, values and locks are refused.
    pub fn in_memory(clock: Arc<dyn Clock>) -> Self {
        Self {
            limits: Arc::new(MemoryLimits::new(clock.clone())),
            bus: Arc::new(MemoryBus::default()),
            values: Arc::new(MemoryValues::new(clock.clone())),
            locks: Arc::new(MemoryLocks::new(clock)),
        }
    }

    /// Several processes on one Redis or Valkey, with [`RedisOptions::new`](crate::RedisOptions::new). Connects at first use
    /// and then keeps trying by itself. Must be called within a Tokio runtime, which carries the connections.
    #[cfg(feature = "redis")]
    pub fn redis(url: &str, prefix: &str) -> Result<Self, ClusterError> {
        Self::redis_with(&crate::RedisOptions::new(url, prefix))
    }

    /// As [`Cluster::redis`], with every option.
    #[cfg(feature = "redis")]
    pub fn redis_with(options: &crate::RedisOptions) -> Result<Self, ClusterError> {
        crate::redis::connect(options)
    }

    /// Succeeds when the shared state answers; for health checks.
    pub async fn ping(&self) -> Result<(), ClusterError> {
        self.values.get("core-cluster.ping").await.map(|_value| ())
    }
}
