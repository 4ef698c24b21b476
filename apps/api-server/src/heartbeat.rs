//! How a process tells the others on its PostgreSQL that it lives, and what it finds.

use async_trait::async_trait;
use core_db::{Db, DbBackend, HEARTBEAT, Instance};
use core_feature::HealthCheck;
use tokio_util::sync::CancellationToken;

/// Beats until the process stops. On SQLite nobody else may be there, so nothing is written.
pub(crate) async fn beat(db: &Db, instance: Instance, stop: &CancellationToken) {
    if db.backend() != DbBackend::Postgres {
        return;
    }
    let mut ticks = tokio::time::interval(HEARTBEAT);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        if let Err(error) = db.beat(instance).await {
            tracing::debug!(%error, "this process could not say that it lives");
        }
    }
    if let Err(error) = db.leave(instance).await {
        tracing::debug!(%error, "this process could not say that it ends");
    }
}

/// Degrades readiness while several servers run and nothing ties them together.
pub(crate) struct Replicas {
    pub(crate) db: Db,
    pub(crate) instance: Instance,
    /// `redis.url` is set.
    pub(crate) tied: bool,
}

#[async_trait]
impl HealthCheck for Replicas {
    fn name(&self) -> &'static str {
        "replicas"
    }

    async fn check(&self) -> Result<(), String> {
        if self.tied || self.db.backend() != DbBackend::Postgres {
            return Ok(());
        }
        match self.db.others(self.instance).await {
            Ok(0) => Ok(()),
            Ok(others) => Err(format!(
                "{others} more of this server run on the same database, and each counts limits and passes on streams by itself. \
                 Set REDIS_URL to the same Redis or Valkey on all of them."
            )),
            Err(_unreachable) => Err("The other servers are not known while the database does not answer.".to_owned()),
        }
    }
}
