//! What no event tells of, so that it is looked at now and then: the queue and the connections to the database.

use std::time::Duration;

use core_db::{Db, DbError};
use core_jobs::{JobState, admin};
use metrics::gauge;
use tokio_util::sync::CancellationToken;

/// How often it is looked.
const LOOKS: Duration = Duration::from_secs(15);

/// Tells until the process stops. While the database is away, what it said last stays.
pub(crate) async fn watch(db: &Db, stop: &CancellationToken) {
    let mut looks = tokio::time::interval(LOOKS);
    while stop.run_until_cancelled(looks.tick()).await.is_some() {
        for pool in db.pools() {
            for (state, connections) in [("open", pool.open), ("idle", pool.idle)] {
                gauge!("db_connections", "pool" => pool.name, "state" => state).set(whole(connections));
            }
        }
        if let Err(error) = queue(db).await {
            tracing::debug!(%error, "the queue could not be counted");
        }
    }
}

/// How many jobs are in each state that does not last, and how long the one that could have run first has waited.
async fn queue(db: &Db) -> Result<(), DbError> {
    let states = [JobState::Ready, JobState::Running, JobState::Dead];
    let counts = admin::counts(db, &states).await?;
    for state in states {
        let count = counts.iter().find(|(counted, _)| *counted == state).map_or(0, |(_, count)| *count);
        gauge!("jobs", "state" => state.as_str()).set(whole(count));
    }
    let oldest = admin::oldest_due(db).await?;
    let waited = oldest.map_or(Duration::ZERO, |due| db.ambient().now().since(due));
    gauge!("jobs_oldest_due_seconds").set(waited.as_secs_f64());
    Ok(())
}

/// Gauges hold floating-point numbers, which stand for every whole one up to this size.
fn whole(count: impl TryInto<u32>) -> f64 {
    f64::from(count.try_into().unwrap_or(u32::MAX))
}
