use std::time::Duration;

use core_db::Db;
use core_jobs::{CatchUp, Handler, Job, JobFailure, Schedule};
use core_kernel::{Owner, Timestamp};
use futures_util::TryStreamExt as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::blobs::{Blobs, Kind};
use crate::store::{items, uploads};
use crate::{Media, MediaError, MediaId, MediaStatus, UploadId};

/// Nobody works on a picture for longer.
const PENDING: Duration = Duration::from_hours(1);
/// How long a refused picture's row is kept, for whoever sent it.
const REJECTED: Duration = Duration::from_hours(7 * 24);
/// What has no row is removed when it is older, so that nothing is removed whose row is just being written.
const ORPHAN: Duration = Duration::from_hours(24);
/// How many rows are read at a time.
const BATCH: usize = 200;

/// Removes what nobody comes back for.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Sweep {}

impl Job for Sweep {
    const NAME: &'static str = "media.sweep";
    const TIMEOUT: Duration = Duration::from_hours(1);
}

/// Removes pictures that were never finished, refused ones after a week, uploads that ran out, and bytes without a row.
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
        Schedule::new("media.sweep", "17 * * * *", CatchUp::Once, || Sweep {}).into_iter().collect()
    }

    pub(crate) async fn sweep(&self) -> Result<(), MediaError> {
        let now = self.db.ambient().now();
        for (status, age) in [(MediaStatus::Pending, PENDING), (MediaStatus::Rejected, REJECTED)] {
            for media in items::stale(self.db.read(), status, now.minus(age), BATCH as u64).await? {
                self.remove(&media).await?;
            }
        }
        for upload in uploads::over(self.db.read(), now, BATCH as u64).await? {
            self.blobs.remove_parts(upload.owner, upload.id).await?;
            let known = &upload;
            self.db.write(|tx| async move { uploads::delete(&tx, known).await }).await.map_err(MediaError::Db)?;
        }
        for kind in [Kind::Pictures, Kind::Uploads] {
            self.orphans(kind, now.minus(ORPHAN)).await?;
        }
        Ok(())
    }

    async fn remove(&self, media: &Media) -> Result<(), MediaError> {
        self.blobs.remove(media.owner, media.id).await?;
        self.db.write(|tx| async move { items::delete(&tx, media).await }).await.map_err(MediaError::Db)?;
        Ok(())
    }

    async fn orphans(&self, kind: Kind, before: Timestamp) -> Result<(), MediaError> {
        let mut stored = self.blobs.stored(kind);
        let mut batch = Vec::new();
        while let Some((owner, id, modified)) = stored.try_next().await? {
            let known = batch.last().is_some_and(|(_, last)| *last == id);
            if modified < before.millis() && !known {
                batch.push((owner, id));
            }
            if batch.len() >= BATCH {
                self.remove_unknown(kind, std::mem::take(&mut batch)).await?;
            }
        }
        self.remove_unknown(kind, batch).await
    }

    async fn remove_unknown(&self, kind: Kind, batch: Vec<(Owner, Uuid)>) -> Result<(), MediaError> {
        if batch.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = batch.iter().map(|(_, id)| *id).collect();
        let present = match kind {
            Kind::Pictures => items::present(self.db.read(), &ids).await?,
            Kind::Uploads => uploads::present(self.db.read(), &ids).await?,
        };
        for (owner, id) in batch.into_iter().filter(|(_, id)| !present.contains(id)) {
            match kind {
                Kind::Pictures => self.blobs.remove(owner, MediaId(id)).await?,
                Kind::Uploads => self.blobs.remove_parts(owner, UploadId(id)).await?,
            }
        }
        Ok(())
    }
}
