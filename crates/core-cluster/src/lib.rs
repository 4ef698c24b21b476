#![doc = include_str!("../README.md")]

mod bus;
mod cluster;
mod error;
mod locks;
mod memory;
mod rate;
#[cfg(feature = "redis")]
mod redis;
mod values;

#[cfg(feature = "testing")]
pub mod conformance;

pub use bus::PubSub;
pub use cluster::Cluster;
pub use error::ClusterError;
pub use locks::{HeldLock, LockGuard, Locks};
pub use rate::{Decision, Quota, RateLimiter};
#[cfg(feature = "redis")]
pub use redis::{RedisOptions, probe as probe_redis};
pub use values::{MAX_VALUE_BYTES, ShortLived};
