use std::time::Duration;

use core_db::{Db, DbError, IdempotencyStore};
use core_jobs::{CatchUp, Handler, Job, JobContext, JobFailure, Schedule, admin, sweep_events};
use serde::{Deserialize, Serialize};

use crate::JobsConfig;

/// How many rows go in one round.
const BATCH: u64 = 1000;

/// Removes jobs, events and idempotency keys whose time is over.
#[derive(Serialize, Deserialize)]
struct Sweep {}

impl Job for Sweep {
    const NAME: &'static str = "jobs.sweep";
    const TIMEOUT: Duration = Duration::from_mins(10);
}

pub(crate) fn handler(config: JobsConfig) -> Handler {
    Handler::new::<Sweep, _, _>(move |context, _| {
        let config = config.clone();
        async move { run(&context, &config).await }
    })
}

pub(crate) fn schedule() -> Option<Schedule> {
    Schedule::new("jobs.sweep", "11 * * * *", CatchUp::Once, || Sweep {}).ok()
}

async fn run(context: &JobContext, config: &JobsConfig) -> Result<(), JobFailure> {
    // In rounds, so that requests can write in between; what is left at shutdown goes next time.
    while !context.cancelled.is_cancelled() {
        if round(&context.db, config).await? == 0 {
            break;
        }
    }
    Ok(())
}

async fn round(db: &Db, config: &JobsConfig) -> Result<u64, DbError> {
    let now = db.ambient().now();
    let before = |days: u64| now.minus(Duration::from_hours(24 * days));
    let jobs = admin::sweep(db, before(config.keep_done_days), before(config.keep_dead_days), BATCH).await?;
    let events = sweep_events(db, before(config.keep_events_days), BATCH).await?;
    let keys = IdempotencyStore::new(db.clone()).sweep(now, BATCH).await?;
    Ok(jobs + events + keys)
}
