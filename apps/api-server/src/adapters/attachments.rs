use async_trait::async_trait;
use core_db::DbError;
use core_kernel::{Actor, PortError};
use futures_util::TryStreamExt as _;
use llm::{Attachment, Attachments};
use media::{Accepts, MediaError, MediaFeature, MediaId, VariantName};
use uuid::Uuid;

/// `llm` shows models pictures that are in `media`.
#[derive(Debug)]
pub(crate) struct MediaAttachments(pub(crate) MediaFeature);

#[async_trait]
impl Attachments for MediaAttachments {
    async fn load(&self, actor: &Actor, id: Uuid) -> Result<Option<Attachment>, PortError> {
        // Providers scale larger pictures down themselves, and charge for them.
        let picked = match self.0.content.pick(actor, MediaId(id), VariantName::Large, Accepts::default()).await {
            Ok(picked) => picked,
            Err(MediaError::Db(DbError::NotFound)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let chunks: Vec<bytes::Bytes> =
            self.0.content.read(&picked, None).await?.try_collect().await.map_err(MediaError::from)?;
        let name = picked.media.file_name.clone().unwrap_or_else(|| format!("{id}.{}", picked.variant.format.as_str()));
        Ok(Some(Attachment { name, mime: picked.variant.format.mime().to_owned(), bytes: chunks.concat() }))
    }
}
