use std::time::Duration;

use core_db::{Db, DbError};
use core_jobs::{CatchUp, Handler, Job, JobFailure, Schedule};
use serde::{Deserialize, Serialize};

use super::store::{events, hooks};

/// How long bodies are kept.
const BODIES: Duration = Duration::from_hours(30 * 24);
/// How long it is remembered what came, so that it is not taken again: GitHub signs no time.
const MEMORY: Duration = Duration::from_hours(365 * 24);
/// How many rows change at once, so that others can write in between.
const BATCH: u64 = 200;

/// Bodies of long ago go, and with a year what is known of them.
#[derive(Serialize, Deserialize)]
struct Sweep {}

impl Job for Sweep {
    const NAME: &'static str = "integrations.sweep_hooks";
    const TIMEOUT: Duration = Duration::from_mins(30);
}

pub(super) fn handler(db: &Db) -> Handler {
    let db = db.clone();
    Handler::new::<Sweep, _, _>(move |_, _| {
        let db = db.clone();
        async move { sweep(&db).await.map_err(JobFailure::from) }
    })
}

pub(super) fn schedules() -> Vec<Schedule> {
    Schedule::new("integrations.sweep_hooks", "53 * * * *", CatchUp::Once, || Sweep {}).into_iter().collect()
}

async fn sweep(db: &Db) -> Result<(), DbError> {
    let now = db.ambient().now();
    let (bodies, memory) = (now.minus(BODIES), now.minus(MEMORY));
    while db.write(|tx| async move { events::sweep(&tx, memory, BATCH).await }).await? == BATCH {}
    loop {
        let dropped = db
            .write(|tx| async move {
                let dropped = events::drop_bodies(&tx, bodies, BATCH).await?;
                for (hook, bytes) in &dropped {
                    hooks::take_room(&tx, *hook, -bytes, i64::MAX).await?;
                }
                Ok::<_, DbError>(dropped.len())
            })
            .await?;
        if dropped == 0 {
            return Ok(());
        }
    }
}
