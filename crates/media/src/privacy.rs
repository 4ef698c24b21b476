use core_db::{Db, DbError};
use core_feature::{ExportError, ExportSink};
use core_kernel::{Owner, UserId};
use futures_util::TryStreamExt as _;
use serde_json::json;

use crate::blobs::Blobs;
use crate::store::{items, uploads};
use crate::{Media, MediaId};

const BATCH: u64 = 100;

pub(crate) async fn export(db: &Db, blobs: &Blobs, owner: Owner, sink: &mut dyn ExportSink) -> Result<(), ExportError> {
    let mut after: Option<MediaId> = None;
    loop {
        let batch = items::batch(db.read(), owner, after, BATCH).await?;
        let Some(last) = batch.last() else { return Ok(()) };
        after = Some(last.id);
        for media in batch {
            sink.row("media", document(&media)).await?;
            if let Some(original) = media.original() {
                let lost = |error: object_store::Error| ExportError::Sink(error.to_string());
                let chunks = blobs.read(&media, original, None).await.map_err(lost)?;
                let bytes: Vec<u8> = chunks
                    .try_fold(Vec::new(), |mut all, chunk| async move {
                        all.extend_from_slice(&chunk);
                        Ok(all)
                    })
                    .await
                    .map_err(lost)?;
                sink.file(&format!("media/{}.{}", media.id, original.format.as_str()), &bytes).await?;
            }
        }
    }
}

fn document(media: &Media) -> serde_json::Value {
    json!({
        "id": media.id, "created_by": media.created_by, "visibility": media.visibility, "status": media.status,
        "purpose": media.purpose, "alt": media.alt, "file_name": media.file_name, "width": media.width, "height": media.height,
        "bytes": media.bytes, "metadata": media.metadata, "created_at": media.created_at, "updated_at": media.updated_at,
    })
}

/// Removes everything of a space. Rows go first: nothing is served from then on.
pub(crate) async fn erase(db: &Db, blobs: &Blobs, owner: Owner) -> Result<(), DbError> {
    loop {
        let batch = items::batch(db.read(), owner, None, BATCH).await?;
        if batch.is_empty() {
            break;
        }
        for media in &batch {
            remove(db, blobs, media).await?;
        }
    }
    for upload in uploads::of_space(db.read(), owner).await? {
        let known = &upload;
        db.write(|tx| async move { uploads::delete(&tx, known).await }).await?;
        blobs.remove_parts(upload.owner, upload.id).await.map_err(unavailable)?;
    }
    db.write(|tx| async move { items::delete_all(&tx, owner).await }).await
}

/// Removes what a person left in spaces of organisations: what only they saw, whole; what they shared stays under no name.
pub(crate) async fn forget_member(db: &Db, blobs: &Blobs, user: UserId) -> Result<(), DbError> {
    for media in items::private_elsewhere(db.read(), user).await? {
        remove(db, blobs, &media).await?;
    }
    for upload in uploads::elsewhere(db.read(), user).await? {
        let known = &upload;
        db.write(|tx| async move { uploads::delete(&tx, known).await }).await?;
        blobs.remove_parts(upload.owner, upload.id).await.map_err(unavailable)?;
    }
    db.write(|tx| async move { items::disown(&tx, user).await }).await
}

async fn remove(db: &Db, blobs: &Blobs, media: &Media) -> Result<(), DbError> {
    db.write(|tx| async move { items::delete(&tx, media).await }).await?;
    blobs.remove(media.owner, media.id).await.map_err(unavailable)
}

fn unavailable(error: object_store::Error) -> DbError {
    DbError::Unavailable(sea_orm::DbErr::Custom(error.to_string()))
}
