//! AVIF beside the other formats, as background work: it takes seconds where everything else takes parts of one.

use std::sync::Arc;
use std::time::Duration;

use core_db::{Db, DbError, Tx};
use core_jobs::{EnqueueOptions, Handler, Job, JobFailure, enqueue_with};
use core_kernel::Owner;
use futures_util::TryStreamExt as _;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::blobs::Blobs;
use crate::pictures::{self, Format, Output};
use crate::store::items::{self, Added};
use crate::workshop::Workshop;
use crate::{Media, MediaConfig, MediaError, MediaId, StoredVariant, VariantName};

/// Behind everything that somebody waits for.
const PRIORITY: i32 = -10;

/// Encodes the sizes of a picture as AVIF.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct EncodeAvif {
    owner: Owner,
    id: MediaId,
}

impl Job for EncodeAvif {
    const NAME: &'static str = "media.encode_avif";
    const MAX_ATTEMPTS: i32 = 4;
    const TIMEOUT: Duration = Duration::from_mins(30);
}

/// Queues the work with the change that makes the picture ready.
pub(crate) async fn enqueue(tx: &Tx, owner: Owner, id: MediaId) -> Result<(), DbError> {
    let options = EnqueueOptions { priority: PRIORITY, owner: Some(owner), ..EnqueueOptions::default() };
    enqueue_with(tx, &EncodeAvif { owner, id }, options).await.map(drop)
}

/// Encodes sizes as AVIF and keeps those that are smaller than what is served without.
#[derive(Clone, Debug)]
pub(crate) struct AvifEncoder {
    pub(crate) db: Db,
    pub(crate) config: MediaConfig,
    pub(crate) blobs: Blobs,
    pub(crate) workshop: Workshop,
    /// One picture at a time, so that the other places of the workshop are left to uploads.
    pub(crate) turn: Arc<Semaphore>,
}

/// A size as it is stored, and the bytes below which AVIF is worth keeping.
struct Size {
    name: VariantName,
    pixels: (u32, u32),
    most_bytes: u64,
}

impl AvifEncoder {
    pub(crate) fn handler(&self) -> Handler {
        let encoder = self.clone();
        Handler::new::<EncodeAvif, _, _>(move |_, job| {
            let encoder = encoder.clone();
            async move {
                match Box::pin(encoder.encode(job.owner, job.id)).await {
                    Ok(()) => Ok(()),
                    Err(error) if error.passes() => Err(JobFailure::retry(error)),
                    Err(error) => Err(JobFailure::fatal(error)),
                }
            }
        })
    }

    /// Safe to repeat: what is stored twice is stored at the same place, and counted once.
    async fn encode(&self, owner: Owner, id: MediaId) -> Result<(), MediaError> {
        // What was queued before the setting was turned off is dropped.
        if !self.config.encodes_avif() {
            return Ok(());
        }
        let _turn = self.turn.acquire().await.map_err(|closed| MediaError::Internal(closed.to_string()))?;
        let Some(media) = items::find_ready(self.db.read(), owner, id).await? else { return Ok(()) };
        let (sizes, Some(original)) = (sizes(&media), media.original()) else { return Ok(()) };
        if sizes.is_empty() {
            return Ok(());
        }
        let Some(bytes) = self.read(&media, original).await? else { return Ok(()) };
        let (format, bounds) = (original.format, self.config.bounds());
        let wanted: Vec<_> = sizes.iter().map(|size| size.pixels).collect();
        let work = move || Ok(pictures::rasters(&bytes, format, &bounds, &wanted)?);
        let rasters = self.workshop.run(work).await?;
        let mut made = Vec::new();
        // Each size takes its turn anew: an upload waits for one of them at most.
        for (size, raster) in sizes.into_iter().zip(rasters) {
            let (width, height) = (raster.width, raster.height);
            let bytes = self.workshop.run(move || Ok(pictures::avif(&raster)?)).await?;
            if (bytes.len() as u64) < size.most_bytes {
                made.push(Output { name: size.name, format: Format::Avif, width, height, bytes });
            }
        }
        self.keep(&media, made).await
    }

    /// None: it was deleted meanwhile.
    async fn read(&self, media: &Media, original: &StoredVariant) -> Result<Option<Vec<u8>>, MediaError> {
        let chunks = match self.blobs.read(media, original, None).await {
            Ok(chunks) => chunks.try_collect::<Vec<_>>().await,
            Err(error) => Err(error),
        };
        match chunks {
            Ok(chunks) => Ok(Some(chunks.concat())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Stores them and adds them to the row. The bytes are there first, so that no row names what is not there; they are gone again
    /// where the row does not take them.
    async fn keep(&self, media: &Media, made: Vec<Output>) -> Result<(), MediaError> {
        if made.is_empty() {
            return Ok(());
        }
        let mut stored = Vec::new();
        for output in made {
            stored.push(self.blobs.put(media.owner, media.id, output).await?);
        }
        let (added, quota) = (&stored, self.config.quota_bytes);
        match self.db.write(|tx| async move { items::add_variants(&tx, media, added, quota).await }).await {
            Ok(Added::Kept | Added::Before) => Ok(()),
            Ok(Added::Gone) => Ok(self.blobs.remove(media.owner, media.id).await?),
            // A space that is full has its pictures as they are.
            Err(MediaError::QuotaSpent { .. }) => Ok(self.blobs.remove_variants(media.owner, media.id, &stored).await?),
            Err(error) => Err(error),
        }
    }
}

/// The sizes of a still picture that have no AVIF yet.
fn sizes(media: &Media) -> Vec<Size> {
    if media.frames != 1 || media.variants.iter().any(|variant| variant.format == Format::Avif) {
        return Vec::new();
    }
    let of = |name: VariantName| {
        let smallest = media.variants.iter().filter(|variant| variant.name == name).min_by_key(|variant| variant.bytes)?;
        Some(Size { name, pixels: (smallest.width, smallest.height), most_bytes: smallest.bytes })
    };
    VariantName::SIZES.into_iter().filter_map(of).collect()
}
