use std::time::Duration;

use async_trait::async_trait;
use core_db::Db;
use core_feature::HealthCheck;
use core_jobs::admin;

const UNREADABLE: &str = "The queue can't be read.";

/// Fails for a day after a job has given up.
pub(crate) struct DeadLetters(pub(crate) Db);

#[async_trait]
impl HealthCheck for DeadLetters {
    fn name(&self) -> &'static str {
        "jobs.dead_letters"
    }

    async fn check(&self) -> Result<(), String> {
        let since = self.0.ambient().now().minus(Duration::from_hours(24));
        match admin::dead_since(&self.0, since).await {
            Ok(0) => Ok(()),
            Ok(count) => Err(format!("{count} jobs gave up in the last 24 hours; see GET /api/v1/jobs?state=dead.")),
            Err(_cause) => Err(UNREADABLE.to_owned()),
        }
    }
}

/// Fails when a job could have run for a while and nobody took it.
pub(crate) struct Backlog {
    pub(crate) db: Db,
    pub(crate) patience: Duration,
}

#[async_trait]
impl HealthCheck for Backlog {
    fn name(&self) -> &'static str {
        "jobs.backlog"
    }

    async fn check(&self) -> Result<(), String> {
        let oldest = admin::oldest_due(&self.db).await.map_err(|_cause| UNREADABLE.to_owned())?;
        let waited = oldest.map_or(Duration::ZERO, |due| self.db.ambient().now().since(due));
        if waited <= self.patience {
            return Ok(());
        }
        Err(format!("A job has waited for {} s: no worker runs, or there are too few.", waited.as_secs()))
    }
}
