use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;

use crate::ClusterError;

/// The largest value that is kept, in bytes.
pub const MAX_VALUE_BYTES: usize = 256 * 1024;

/// Values that live for a while and whose loss is bearable: login challenges, upload tickets, caches. A life shorter than a
/// millisecond is rounded up to one.
#[async_trait]
pub trait ShortLived: Send + Sync + Debug {
    /// Keeps `value` for `ttl`, in place of what was there.
    async fn put(&self, key: &str, value: Vec<u8>, ttl: Duration) -> Result<(), ClusterError>;

    /// Keeps `value` for `ttl` unless there is something; true when it was kept. Of two callers one wins.
    async fn put_if_absent(&self, key: &str, value: Vec<u8>, ttl: Duration) -> Result<bool, ClusterError>;

    /// The value, while it lives.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, ClusterError>;

    /// The value, and it is gone: of two callers one gets it.
    async fn take(&self, key: &str) -> Result<Option<Vec<u8>>, ClusterError>;

    /// Forgets the value.
    async fn remove(&self, key: &str) -> Result<(), ClusterError>;
}

pub(crate) fn check_size(value: &[u8]) -> Result<(), ClusterError> {
    if value.len() > MAX_VALUE_BYTES { Err(ClusterError::TooLarge { bytes: value.len() }) } else { Ok(()) }
}
