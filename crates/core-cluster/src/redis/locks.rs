use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use redis::Script;

use super::connection::Connection;
use super::values::millis;
use crate::{ClusterError, HeldLock, LockGuard, Locks};

/// Sets the lock if it is free. Its value is the fencing token, which is also how a holder proves that the lock is still its
/// own. The counter starts at the present, so that tokens grow even when the server lost its data.
const ACQUIRE: &str = r"
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
if redis.call('EXISTS', KEYS[2]) == 0 then
  local time = redis.call('TIME')
  redis.call('SET', KEYS[2], string.format('%.0f', time[1] * 1000000 + time[2]))
end
local token = redis.call('INCR', KEYS[2])
redis.call('SET', KEYS[1], string.format('%.0f', token), 'NX', 'PX', ARGV[1])
return token
";

const RELEASE: &str = r"
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
";

const EXTEND: &str = r"
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0
";

/// Locks between all processes on one server.
#[derive(Clone)]
pub(crate) struct RedisLocks {
    connection: Connection,
    scripts: Arc<Scripts>,
}

struct Scripts {
    acquire: Script,
    release: Script,
    extend: Script,
}

impl RedisLocks {
    pub(crate) fn new(connection: Connection) -> Self {
        let scripts = Scripts { acquire: Script::new(ACQUIRE), release: Script::new(RELEASE), extend: Script::new(EXTEND) };
        Self { connection, scripts: Arc::new(scripts) }
    }
}

#[async_trait]
impl Locks for RedisLocks {
    async fn try_lock(&self, key: &str, ttl: Duration) -> Result<Option<LockGuard>, ClusterError> {
        let name = self.connection.name("lock", key);
        let mut call = self.scripts.acquire.key(&name);
        call.key(self.connection.name("fence", "all")).arg(millis(ttl));
        let run = |mut connection| async move { call.invoke_async::<u64>(&mut connection).await };
        let fencing = self.connection.call(run).await?;
        if fencing == 0 {
            return Ok(None);
        }
        Ok(Some(LockGuard::new(fencing, Box::new(Held { locks: self.clone(), name, fencing }))))
    }
}

impl fmt::Debug for RedisLocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisLocks").field("connection", &self.connection).finish_non_exhaustive()
    }
}

struct Held {
    locks: RedisLocks,
    name: String,
    fencing: u64,
}

#[async_trait]
impl HeldLock for Held {
    async fn release(&self) -> Result<bool, ClusterError> {
        let mut call = self.locks.scripts.release.key(&self.name);
        call.arg(self.fencing);
        let run = |mut connection| async move { call.invoke_async::<bool>(&mut connection).await };
        self.locks.connection.call(run).await
    }

    async fn extend(&self, ttl: Duration) -> Result<bool, ClusterError> {
        let mut call = self.locks.scripts.extend.key(&self.name);
        call.arg(self.fencing).arg(millis(ttl));
        let run = |mut connection| async move { call.invoke_async::<bool>(&mut connection).await };
        self.locks.connection.call(run).await
    }
}
