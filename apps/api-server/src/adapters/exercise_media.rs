use std::collections::HashMap;

use async_trait::async_trait;
use core_kernel::{Actor, PortError};
use fitness::{MediaLink, MediaLinks};
use media::{Accepts, MediaFeature, MediaId, VariantName};
use uuid::Uuid;

/// `fitness` shows pictures that people have in `media`, in their own spaces.
pub(crate) struct ExerciseMedia(pub(crate) MediaFeature);

#[async_trait]
impl MediaLinks for ExerciseMedia {
    async fn links(&self, actor: &Actor, media: &[Uuid]) -> Result<Vec<MediaLink>, PortError> {
        let own = Actor { owner: actor.personal_space(), ..actor.clone() };
        let ids: Vec<MediaId> = media.iter().copied().map(MediaId).collect();
        let found = self.0.library.get_many(&own, &ids).await?;
        let found: HashMap<MediaId, media::Media> = found.into_iter().map(|media| (media.id, media)).collect();
        let link = |id: &MediaId| {
            let media = found.get(id)?;
            let variant = media.pick(VariantName::Medium, Accepts::default())?;
            let link = self.0.content.daily_link(*id, VariantName::Medium);
            Some(MediaLink { id: id.get(), url: link.url, mime: variant.format.mime().to_owned(), alt: media.alt.clone() })
        };
        Ok(ids.iter().filter_map(link).collect())
    }
}
