use std::fmt;

use async_trait::async_trait;
use redis::{AsyncCommands as _, Script};

use super::connection::Connection;
use crate::rate::gcra;
use crate::{ClusterError, Decision, Quota, RateLimiter};

/// Decides and stores as `rate::gcra` does, and answers with what it decided from, so that the rest is computed in one place.
const CHECK: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, burst, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local tolerance = interval * burst
local stored = tonumber(redis.call('GET', KEYS[1]) or -1)
local arrival = math.min(math.max(stored, now), now + tolerance)
local following = arrival + interval * cost
if burst > 0 and cost > 0 and cost <= burst and following - tolerance <= now then
  redis.call('SET', KEYS[1], string.format('%.0f', following), 'PX', math.ceil((following - now) / 1000))
end
return {now, stored}
";

/// Rate limits of all processes on one server.
pub(crate) struct RedisLimits {
    connection: Connection,
    check: Script,
}

impl RedisLimits {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection, check: Script::new(CHECK) }
    }
}

#[async_trait]
impl RateLimiter for RedisLimits {
    async fn check(&self, key: &str, quota: Quota, cost: u32) -> Result<Decision, ClusterError> {
        let mut call = self.check.key(self.connection.name("limit", key));
        call.arg(quota.interval_micros()).arg(quota.burst).arg(cost);
        let run = |mut connection| async move { call.invoke_async::<(u64, i64)>(&mut connection).await };
        let (now, stored) = self.connection.call(run).await?;
        Ok(gcra(now, u64::try_from(stored).ok(), quota, cost).decision)
    }

    async fn forget(&self, key: &str) -> Result<(), ClusterError> {
        let key = self.connection.name("limit", key);
        self.connection.call(|mut connection| async move { connection.del(key).await }).await
    }
}

impl fmt::Debug for RedisLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisLimits").field("connection", &self.connection).finish_non_exhaustive()
    }
}
