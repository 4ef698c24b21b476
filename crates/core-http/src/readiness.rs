use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use core_db::Db;
use core_feature::HealthCheck;
use futures_util::future::join_all;
use serde::Serialize;
use tokio::sync::Mutex;
use utoipa::ToSchema;

use crate::Api;

/// How long one check may take.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);

/// How long an outcome is reused, so that many probes cost what one costs.
const REUSED_FOR: Duration = Duration::from_millis(200);

/// One check of readiness.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CheckReport {
    /// `feature.thing`.
    name: &'static str,
    /// `ok` or `failed`.
    status: &'static str,
    /// The server can't work without it.
    critical: bool,
    /// What is wrong and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl CheckReport {
    pub(crate) fn is_fatal(&self) -> bool {
        self.critical && self.status != "ok"
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.status != "ok"
    }
}

/// The last outcome of all checks.
#[derive(Default)]
pub(crate) struct Readiness(Mutex<Option<(Instant, Vec<CheckReport>)>>);

/// Runs every check at once, or gives the outcome of a moment ago.
pub(crate) async fn reports(api: &Api) -> Vec<CheckReport> {
    // Held over the checks on purpose: probes that come meanwhile wait for the same outcome.
    let mut last = api.readiness().0.lock().await;
    if let Some((at, reports)) = &*last
        && at.elapsed() < REUSED_FOR
    {
        return reports.clone();
    }
    let mut checks: Vec<Arc<dyn HealthCheck>> = vec![Arc::new(Database(api.db().clone()))];
    checks.extend(api.checks().cloned());
    checks.extend(api.features().iter().flat_map(|feature| feature.health_checks()));
    let reports = join_all(checks.iter().map(|check| report(&**check))).await;
    *last = Some((Instant::now(), reports.clone()));
    reports
}

async fn report(check: &dyn HealthCheck) -> CheckReport {
    let outcome = tokio::time::timeout(CHECK_TIMEOUT, check.check()).await;
    let detail = match outcome {
        Ok(Ok(())) => None,
        Ok(Err(detail)) => Some(detail),
        Err(_late) => Some(format!("There was no answer within {} seconds.", CHECK_TIMEOUT.as_secs())),
    };
    let status = if detail.is_none() { "ok" } else { "failed" };
    CheckReport { name: check.name(), status, critical: check.critical(), detail }
}

struct Database(Db);

#[async_trait]
impl HealthCheck for Database {
    fn name(&self) -> &'static str {
        "database"
    }

    fn critical(&self) -> bool {
        true
    }

    async fn check(&self) -> Result<(), String> {
        self.0.ping().await.map_err(|_cause| "The database does not answer.".to_owned())
    }
}
