use std::io::Read as _;
use std::sync::Arc;

use async_trait::async_trait;
use core_kernel::Actor;
use futures_util::TryStreamExt as _;

use crate::pictures::{self, Bounds};
use crate::service::{Content, Darkroom, Still};
use crate::workshop::Workshop;
use crate::{Accepts, MediaConfig, MediaError, MediaId, VariantName};

/// [`Darkroom`] in the workshop, beside the uploads.
#[derive(Clone)]
pub(crate) struct DarkroomService {
    pub(crate) config: MediaConfig,
    pub(crate) workshop: Workshop,
    pub(crate) content: Arc<dyn Content>,
}

#[async_trait]
impl Darkroom for DarkroomService {
    async fn develop(
        &self,
        file: tempfile::NamedTempFile,
        declared: Option<String>,
        long_side: u32,
    ) -> Result<Still, MediaError> {
        let bounds = self.config.bounds();
        let most = self.config.max_bytes;
        let work = move || {
            let mut bytes = Vec::new();
            let read = file.reopen().and_then(|file| file.take(most).read_to_end(&mut bytes));
            read.map_err(|error| MediaError::Internal(error.to_string()))?;
            still(&bytes, declared.as_deref(), &bounds, long_side)
        };
        self.workshop.run(work).await
    }

    async fn look(&self, actor: &Actor, id: MediaId, long_side: u32) -> Result<Still, MediaError> {
        // The smallest stored size that is large enough.
        let fits = |name: &VariantName| name.long_side() >= long_side;
        let name = VariantName::SIZES.into_iter().rev().find(fits).unwrap_or(VariantName::Original);
        let picked = self.content.pick(actor, id, name, Accepts::default()).await?;
        let chunks: Vec<bytes::Bytes> = self.content.read(&picked, None).await?.try_collect().await?;
        let (bytes, bounds) = (chunks.concat(), self.config.bounds());
        self.workshop.run(move || still(&bytes, None, &bounds, long_side)).await
    }
}

fn still(bytes: &[u8], declared: Option<&str>, bounds: &Bounds, long_side: u32) -> Result<Still, MediaError> {
    let (width, height, rgb) = pictures::still(bytes, declared, bounds, long_side)?;
    Ok(Still { width, height, rgb })
}
