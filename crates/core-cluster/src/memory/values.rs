use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use core_kernel::Clock;

use super::expiring::Expiring;
use crate::values::check_size;
use crate::{ClusterError, ShortLived};

/// Short-lived values of one process.
#[derive(Debug)]
pub(crate) struct MemoryValues {
    clock: Arc<dyn Clock>,
    values: Expiring<Vec<u8>>,
}

impl MemoryValues {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, values: Expiring::new() }
    }

    fn insert(&self, key: &str, value: Vec<u8>, ttl: Duration, only_if_absent: bool) -> Result<bool, ClusterError> {
        check_size(&value)?;
        let mut shard = self.values.shard(key);
        let now = self.clock.now();
        if only_if_absent && shard.get(key, now).is_some() {
            return Ok(false);
        }
        if shard.insert(key, value, now.plus(at_least_a_milli(ttl)), now) { Ok(true) } else { Err(full()) }
    }
}

#[async_trait]
impl ShortLived for MemoryValues {
    async fn put(&self, key: &str, value: Vec<u8>, ttl: Duration) -> Result<(), ClusterError> {
        self.insert(key, value, ttl, false).map(|_kept| ())
    }

    async fn put_if_absent(&self, key: &str, value: Vec<u8>, ttl: Duration) -> Result<bool, ClusterError> {
        self.insert(key, value, ttl, true)
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, ClusterError> {
        Ok(self.values.shard(key).get(key, self.clock.now()).cloned())
    }

    async fn take(&self, key: &str) -> Result<Option<Vec<u8>>, ClusterError> {
        Ok(self.values.shard(key).remove(key, self.clock.now()))
    }

    async fn remove(&self, key: &str) -> Result<(), ClusterError> {
        self.values.shard(key).remove(key, self.clock.now());
        Ok(())
    }
}

pub(crate) fn at_least_a_milli(ttl: Duration) -> Duration {
    ttl.max(Duration::from_millis(1))
}

pub(crate) fn full() -> ClusterError {
    ClusterError::Unavailable("the in-memory store is full".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::testing::Frozen;

    #[tokio::test]
    async fn a_value_lives_exactly_as_long_as_the_clock_says() {
        let clock = Arc::new(Frozen::default());
        let values = MemoryValues::new(clock.clone());
        values.put("k", b"v".to_vec(), Duration::from_secs(10)).await.unwrap();
        clock.pass(Duration::from_millis(9_999));
        assert_eq!(values.get("k").await.unwrap().as_deref(), Some(&b"v"[..]));
        clock.pass(Duration::from_millis(1));
        assert_eq!(values.get("k").await.unwrap(), None);
        assert_eq!(values.take("k").await.unwrap(), None);
    }
}
