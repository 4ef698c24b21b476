use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use core_kernel::Clock;

use super::expiring::Expiring;
use super::values::{at_least_a_milli, full};
use crate::{ClusterError, HeldLock, LockGuard, Locks};

/// Locks of one process.
#[derive(Clone, Debug)]
pub(crate) struct MemoryLocks(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    clock: Arc<dyn Clock>,
    holders: Expiring<u64>,
    last: std::sync::atomic::AtomicU64,
}

impl MemoryLocks {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        // Starting at the present keeps tokens growing over a restart of the process.
        let start = u64::try_from(clock.now().millis()).unwrap_or_default().saturating_mul(1_000);
        Self(Arc::new(Inner { clock, holders: Expiring::new(), last: start.into() }))
    }
}

#[async_trait]
impl Locks for MemoryLocks {
    async fn try_lock(&self, key: &str, ttl: Duration) -> Result<Option<LockGuard>, ClusterError> {
        let mut shard = self.0.holders.shard(key);
        let now = self.0.clock.now();
        if shard.get(key, now).is_some() {
            return Ok(None);
        }
        let fencing = self.0.last.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        if !shard.insert(key, fencing, now.plus(at_least_a_milli(ttl)), now) {
            return Err(full());
        }
        Ok(Some(LockGuard::new(fencing, Box::new(Held { locks: self.clone(), key: key.to_owned(), fencing }))))
    }
}

struct Held {
    locks: MemoryLocks,
    key: String,
    fencing: u64,
}

#[async_trait]
impl HeldLock for Held {
    async fn release(&self) -> Result<bool, ClusterError> {
        let inner = &self.locks.0;
        let mut shard = inner.holders.shard(&self.key);
        let now = inner.clock.now();
        let mine = shard.get(&self.key, now) == Some(&self.fencing);
        if mine {
            shard.remove(&self.key, now);
        }
        Ok(mine)
    }

    async fn extend(&self, ttl: Duration) -> Result<bool, ClusterError> {
        let inner = &self.locks.0;
        let mut shard = inner.holders.shard(&self.key);
        let now = inner.clock.now();
        let mine = shard.get(&self.key, now) == Some(&self.fencing);
        Ok(mine && shard.insert(&self.key, self.fencing, now.plus(at_least_a_milli(ttl)), now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::testing::Frozen;

    #[tokio::test]
    async fn a_lock_that_ran_out_is_somebody_elses() {
        let clock = Arc::new(Frozen::default());
        let locks = MemoryLocks::new(clock.clone());
        let first = locks.try_lock("k", Duration::from_secs(10)).await.unwrap().unwrap();
        clock.pass(Duration::from_secs(9));
        assert!(first.extend(Duration::from_secs(10)).await.unwrap());
        clock.pass(Duration::from_secs(9));
        assert!(locks.try_lock("k", Duration::from_secs(10)).await.unwrap().is_none());
        clock.pass(Duration::from_secs(1));
        let second = locks.try_lock("k", Duration::from_secs(10)).await.unwrap().unwrap();
        assert!(second.fencing_token() > first.fencing_token());
        assert!(!first.extend(Duration::from_secs(10)).await.unwrap());
        assert!(!first.release().await.unwrap());
        assert!(second.release().await.unwrap());
    }
}
