use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, IntoConnectionInfo as _, ProtocolVersion, RedisResult};

use super::RedisOptions;
use super::breaker::Breaker;
use crate::ClusterError;

/// The longest wait between two attempts to reconnect.
const RECONNECT_MAX: Duration = Duration::from_secs(2);

/// One multiplexed connection that heals itself, with the budget and the breaker of all calls over it.
#[derive(Clone)]
pub(super) struct Connection {
    manager: ConnectionManager,
    shared: Arc<Shared>,
}

struct Shared {
    prefix: String,
    budget: Duration,
    breaker: Breaker,
}

impl Connection {
    pub(super) fn open(options: &RedisOptions) -> Result<Self, ClusterError> {
        Self::with(options, config())
    }

    pub(super) fn with(options: &RedisOptions, config: ConnectionManagerConfig) -> Result<Self, ClusterError> {
        let manager = ConnectionManager::new_lazy_with_config(client(options.url.expose())?, config).map_err(refused)?;
        let shared = Shared {
            prefix: options.prefix.clone(),
            budget: options.budget,
            breaker: Breaker::new(options.failures_to_pause, options.pause),
        };
        Ok(Self { manager, shared: Arc::new(shared) })
    }

    /// The full name of a key or channel.
    pub(super) fn name(&self, kind: &str, key: &str) -> String {
        format!("{}:{kind}:{key}", self.shared.prefix)
    }

    /// Runs one command or script within the budget, unless calls pause.
    pub(super) async fn call<T, F>(&self, run: impl FnOnce(ConnectionManager) -> F) -> Result<T, ClusterError>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let Shared { budget, breaker, .. } = &*self.shared;
        if !breaker.admits(Instant::now()) {
            return Err(ClusterError::Unavailable("calls to Redis pause after repeated failures".to_owned()));
        }
        match tokio::time::timeout(*budget, run(self.manager.clone())).await {
            Ok(Ok(value)) => {
                breaker.succeeded();
                Ok(value)
            }
            Ok(Err(error)) => {
                breaker.failed(Instant::now());
                Err(ClusterError::Unavailable(error.to_string()))
            }
            Err(_elapsed) => {
                breaker.failed(Instant::now());
                Err(ClusterError::Unavailable(format!("no answer from Redis within {} ms", budget.as_millis())))
            }
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("prefix", &self.shared.prefix).finish_non_exhaustive()
    }
}

/// Attempts to reconnect never end: whatever error ends them (a wrong answer while the server loads, say) would stay for good.
pub(super) fn config() -> ConnectionManagerConfig {
    ConnectionManagerConfig::new().set_number_of_retries(usize::MAX).set_max_delay(RECONNECT_MAX)
}

/// Connects once and asks for a sign of life, with the real cause on failure; for a doctor command or a start-up check. Takes
/// two seconds at most.
pub async fn probe(url: &str) -> Result<(), ClusterError> {
    let client = client(url)?;
    let answer = async {
        let mut connection = client.get_multiplexed_async_connection().await?;
        redis::cmd("PING").query_async::<String>(&mut connection).await
    };
    match tokio::time::timeout(Duration::from_secs(2), answer).await {
        Ok(Ok(_pong)) => Ok(()),
        Ok(Err(error)) => Err(ClusterError::Unavailable(error.to_string())),
        Err(_elapsed) => Err(ClusterError::Unavailable("no answer from Redis within 2 s".to_owned())),
    }
}

fn client(url: &str) -> Result<Client, ClusterError> {
    if url.starts_with("rediss:") {
        // Fails when the process has chosen a provider already, which then serves as well.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    }
    let info = url.into_connection_info().map_err(refused)?;
    // Subscriptions share the protocol with commands only in RESP3.
    let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    Client::open(info.set_redis_settings(settings)).map_err(refused)
}

fn refused(error: redis::RedisError) -> ClusterError {
    ClusterError::Misconfigured(error.to_string())
}
