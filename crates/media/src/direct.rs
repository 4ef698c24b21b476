use std::time::Duration;

use async_trait::async_trait;
use core_kernel::{Actor, FieldError};

use crate::library::check_new;
use crate::service::{DirectUpload, DirectUploads, Library as _};
use crate::uploads::{UploadService, described, in_words_of_tus};
use crate::{Media, MediaError, NewMedia, Upload, UploadId, permissions};

/// How long a signed address takes bytes. The row lives longer, so that what comes last is still found.
const ADDRESS_LIFE: Duration = Duration::from_mins(15);

/// [`DirectUploads`] beside those in parts: one whose only part is put by the client.
#[derive(Clone)]
pub(crate) struct DirectService(pub(crate) UploadService);

#[async_trait]
impl DirectUploads for DirectService {
    async fn begin(&self, actor: &Actor, length: u64, new: NewMedia) -> Result<DirectUpload, MediaError> {
        actor.require(&permissions::WRITE)?;
        if self.0.blobs.signer.is_none() {
            return Err(MediaError::NoDirectUploads);
        }
        check_new(&new)?;
        let upload = self.0.start(actor, length, &in_words_of_tus(&new), true).await?;
        let expires_at = self.0.db.ambient().now().plus(ADDRESS_LIFE);
        let url = self.0.blobs.signed_place(&upload, ADDRESS_LIFE).await?.ok_or(MediaError::NoDirectUploads)?;
        Ok(DirectUpload { id: upload.id, url, expires_at })
    }

    async fn complete(&self, actor: &Actor, id: UploadId) -> Result<Media, MediaError> {
        let upload = self.0.find(actor, id, true).await?;
        if let Some(media) = upload.media {
            return self.0.library.get(actor, media).await;
        }
        let there = self.0.blobs.direct_length(&upload).await?.ok_or(MediaError::NotUploaded)?;
        let whole = Upload { parts: vec![0], ..upload };
        if there != whole.length {
            self.0.forget(&whole).await?;
            let told = format!("the store has {there} bytes, not the {} that were announced", whole.length);
            return Err(MediaError::Invalid(vec![FieldError::new("/bytes", "wrong_length", told)]));
        }
        let broken = |error: std::io::Error| MediaError::Internal(error.to_string());
        let file = tempfile::NamedTempFile::new().map_err(broken)?;
        self.0.blobs.join_parts(&whole, file.reopen().map_err(broken)?).await?;
        match self.0.library.add(actor, described(&whole.metadata)?, file).await {
            Ok(media) => {
                let settled = self.0.settle(actor, &whole, media.id).await?;
                self.0.library.get(actor, settled.media.unwrap_or(media.id)).await
            }
            Err(error) if error.passes() => Err(error),
            Err(error) => {
                self.0.forget(&whole).await?;
                Err(error)
            }
        }
    }
}
