use std::time::Duration;

use core_db::{Db, DbError};
use core_jobs::{CatchUp, Handler, Job, JobFailure, Schedule};
use serde::{Deserialize, Serialize};

use crate::WebhooksConfig;
use crate::store::{attempts, messages};

/// How many rows go at once, so that others can write in between.
const BATCH: u64 = 500;

/// Removes what was sent long ago, and the attempts of endpoints that have too many.
#[derive(Serialize, Deserialize)]
struct Sweep {}

impl Job for Sweep {
    const NAME: &'static str = "webhooks.sweep";
    const TIMEOUT: Duration = Duration::from_mins(30);
}

pub(crate) fn handler(db: &Db, config: &WebhooksConfig) -> Handler {
    let (db, config) = (db.clone(), config.clone());
    Handler::new::<Sweep, _, _>(move |_, _| {
        let (db, config) = (db.clone(), config.clone());
        async move { sweep(&db, &config).await.map_err(JobFailure::from) }
    })
}

pub(crate) fn schedules() -> Vec<Schedule> {
    Schedule::new("webhooks.sweep", "43 * * * *", CatchUp::Once, || Sweep {}).into_iter().collect()
}

async fn sweep(db: &Db, config: &WebhooksConfig) -> Result<(), DbError> {
    let before = db.ambient().now().minus(config.keep());
    while db.write(|tx| async move { messages::sweep(&tx, before, BATCH).await }).await? == BATCH {}
    while db.write(|tx| async move { attempts::sweep(&tx, before, BATCH).await }).await? == BATCH {}
    let most = config.keep_attempts;
    for endpoint in attempts::crowded(db.read(), most).await? {
        db.write(|tx| async move { attempts::thin_out(&tx, endpoint, most).await }).await?;
    }
    Ok(())
}
