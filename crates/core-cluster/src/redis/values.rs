use std::time::Duration;

use async_trait::async_trait;
use redis::{AsyncCommands as _, ExistenceCheck, SetExpiry, SetOptions};

use super::connection::Connection;
use crate::values::check_size;
use crate::{ClusterError, ShortLived};

/// Short-lived values of all processes on one server.
#[derive(Debug)]
pub(crate) struct RedisValues {
    connection: Connection,
}

impl RedisValues {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection }
    }

    fn name(&self, key: &str) -> String {
        self.connection.name("value", key)
    }

    async fn set(&self, key: &str, value: Vec<u8>, options: SetOptions) -> Result<bool, ClusterError> {
        check_size(&value)?;
        let key = self.name(key);
        // `OK`, or nothing when NX kept it from being set.
        let run =
            |mut connection: redis::aio::ConnectionManager| async move { connection.set_options(key, value, options).await };
        self.connection.call::<Option<String>, _>(run).await.map(|done| done.is_some())
    }
}

#[async_trait]
impl ShortLived for RedisValues {
    async fn put(&self, key: &str, value: Vec<u8>, ttl: Duration) -> Result<(), ClusterError> {
        self.set(key, value, life(ttl)).await.map(|_done| ())
    }

    async fn put_if_absent(&self, key: &str, value: Vec<u8>, ttl: Duration) -> Result<bool, ClusterError> {
        self.set(key, value, life(ttl).conditional_set(ExistenceCheck::NX)).await
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, ClusterError> {
        let key = self.name(key);
        self.connection.call(|mut connection| async move { connection.get(key).await }).await
    }

    async fn take(&self, key: &str) -> Result<Option<Vec<u8>>, ClusterError> {
        let key = self.name(key);
        self.connection.call(|mut connection| async move { connection.get_del(key).await }).await
    }

    async fn remove(&self, key: &str) -> Result<(), ClusterError> {
        let key = self.name(key);
        self.connection.call(|mut connection| async move { connection.del(key).await }).await
    }
}

fn life(ttl: Duration) -> SetOptions {
    SetOptions::default().with_expiration(SetExpiry::PX(millis(ttl)))
}

/// Whole milliseconds, at least one, at most some centuries, as Redis takes them.
pub(super) fn millis(ttl: Duration) -> u64 {
    u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).clamp(1, 1 << 43)
}
