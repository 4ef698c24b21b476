use std::time::Duration;

use core_db::Db;
use core_jobs::{CatchUp, Handler, Job, JobFailure, Schedule};
use core_kernel::{Owner, Timestamp};
use futures_util::TryStreamExt as _;
use serde::{Deserialize, Serialize};

use crate::blobs::Blobs;
use crate::{AnalysisId, VisionError, store};

/// Photos whose analysis has ended or was never stored are removed when they are older, so that nothing is removed that is just being written.
const ORPHAN: Duration = Duration::from_hours(2);
/// How many rows are read at a time.
const BATCH: u64 = 200;

/// Removes what has had its time.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Sweep {}

impl Job for Sweep {
    const NAME: &'static str = "vision.sweep";
    const TIMEOUT: Duration = Duration::from_mins(30);
}

/// Removes analyses that ran out, and photos that a crash left behind.
#[derive(Clone, Debug)]
pub(crate) struct Sweeper {
    pub(crate) db: Db,
    pub(crate) blobs: Blobs,
}

impl Sweeper {
    pub(crate) fn handler(&self) -> Handler {
        let sweeper = self.clone();
        Handler::new::<Sweep, _, _>(move |_, _| {
            let sweeper = sweeper.clone();
            async move { sweeper.sweep().await.map_err(JobFailure::retry) }
        })
    }

    pub(crate) fn schedules() -> Vec<Schedule> {
        Schedule::new("vision.sweep", "23 * * * *", CatchUp::Once, || Sweep {}).into_iter().collect()
    }

    async fn sweep(&self) -> Result<(), VisionError> {
        let now = self.db.ambient().now();
        loop {
            let batch = store::expired(self.db.read(), now, BATCH).await?;
            if batch.is_empty() {
                break;
            }
            for (owner, id) in batch {
                self.blobs.remove(owner, id).await?;
                self.db.write(|tx| async move { Ok::<_, VisionError>(store::delete(&tx, owner, id).await?) }).await?;
            }
        }
        self.orphans(now.minus(ORPHAN)).await
    }

    async fn orphans(&self, before: Timestamp) -> Result<(), VisionError> {
        let mut stored = self.blobs.stored();
        let mut old: Vec<(Owner, AnalysisId)> = Vec::new();
        while let Some((owner, id, modified)) = stored.try_next().await? {
            if modified < before.millis() && old.last() != Some(&(owner, id)) {
                old.push((owner, id));
            }
        }
        for batch in old.chunks(200) {
            let ids: Vec<AnalysisId> = batch.iter().map(|(_, id)| *id).collect();
            let waiting = store::still_open(self.db.read(), &ids).await?;
            for (owner, id) in batch.iter().filter(|(_, id)| !waiting.contains(id)) {
                self.blobs.remove(*owner, *id).await?;
            }
        }
        Ok(())
    }
}
