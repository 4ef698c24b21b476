use std::fmt::{self, Debug};
use std::time::Duration;

use async_trait::async_trait;

use crate::ClusterError;

/// Locks between replicas. They spare double work; they do not make it impossible, since a holder that pauses longer than its
/// `ttl` does not know that the lock is gone. Where two holders would do harm, hand the fencing token on and let the store
/// refuse smaller ones, or take a row lock in the database instead.
#[async_trait]
pub trait Locks: Send + Sync + Debug {
    /// The lock, when nobody holds it. It ends by `release` or after `ttl`; dropping the guard does not end it.
    async fn try_lock(&self, key: &str, ttl: Duration) -> Result<Option<LockGuard>, ClusterError>;
}

/// What an implementation of [`Locks`] does for a holder.
#[async_trait]
pub trait HeldLock: Send + Sync {
    /// Ends the lock if it is still this holder's; false when it was not.
    async fn release(&self) -> Result<bool, ClusterError>;

    /// Lets the lock live for `ttl` from now if it is still this holder's; false when it was not.
    async fn extend(&self, ttl: Duration) -> Result<bool, ClusterError>;
}

/// A lock that is held.
#[must_use = "the lock stays until its time is over; call `release`"]
pub struct LockGuard {
    fencing: u64,
    held: Box<dyn HeldLock>,
}

impl LockGuard {
    /// For implementations of [`Locks`].
    pub fn new(fencing: u64, held: Box<dyn HeldLock>) -> Self {
        Self { fencing, held }
    }

    /// Greater than that of every earlier holder of the same lock.
    pub fn fencing_token(&self) -> u64 {
        self.fencing
    }

    /// Ends the lock; false when it had ended before, so that somebody else may have held it meanwhile.
    pub async fn release(self) -> Result<bool, ClusterError> {
        self.held.release().await
    }

    /// Lets the lock live for `ttl` from now; false when it had ended before.
    pub async fn extend(&self, ttl: Duration) -> Result<bool, ClusterError> {
        self.held.extend(ttl).await
    }
}

impl Debug for LockGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LockGuard").field("fencing", &self.fencing).finish_non_exhaustive()
    }
}
