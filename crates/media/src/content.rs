use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use core_db::{Db, DbError};
use core_kernel::{Actor, FieldError};

use crate::blobs::Blobs;
use crate::links::Links;
use crate::pictures::VariantName;
use crate::service::{Chunks, Content, Link, Picked};
use crate::store::items;
use crate::{Accepts, Media, MediaConfig, MediaError, MediaId, MediaStatus, permissions};

/// [`Content`] over the tables of this crate and the object store.
#[derive(Clone, Debug)]
pub(crate) struct ContentService {
    pub(crate) db: Db,
    pub(crate) config: MediaConfig,
    pub(crate) blobs: Blobs,
    pub(crate) links: Links,
}

#[async_trait]
impl Content for ContentService {
    async fn pick(&self, actor: &Actor, id: MediaId, name: VariantName, accepts: Accepts) -> Result<Picked, MediaError> {
        pick(self.visible(actor, id).await?, name, accepts)
    }

    async fn follow(&self, token: &str, accepts: Accepts) -> Result<Picked, MediaError> {
        let now = self.db.ambient().now();
        let (id, name, expires_at) = self.links.open(token, now).ok_or(MediaError::InvalidLink)?;
        let media = items::find_of_anybody(self.db.read(), id).await?.ok_or(MediaError::InvalidLink)?;
        Ok(Picked { link_expires_at: Some(expires_at), ..pick(media, name, accepts)? })
    }

    async fn read(&self, picked: &Picked, range: Option<Range<u64>>) -> Result<Chunks, MediaError> {
        match self.blobs.read(&picked.media, &picked.variant, range).await {
            Ok(chunks) => Ok(chunks),
            // It was deleted after its row was read.
            Err(object_store::Error::NotFound { .. }) => Err(DbError::NotFound.into()),
            Err(error) => Err(error.into()),
        }
    }

    async fn link(&self, actor: &Actor, id: MediaId, name: VariantName, life: Option<Duration>) -> Result<Link, MediaError> {
        let most = self.config.max_link_seconds;
        let life = life.unwrap_or(Duration::from_secs(self.config.link_seconds));
        if life.is_zero() || life > Duration::from_secs(most) {
            let fault = FieldError::new("/expires_in", "out_of_range", format!("1 to {most} seconds"));
            return Err(MediaError::Invalid(vec![fault]));
        }
        let media = self.visible(actor, id).await?;
        pick(media, name, Accepts::default())?;
        Ok(self.links.lasting(id, name, self.db.ambient().now(), life))
    }

    fn daily_link(&self, id: MediaId, name: VariantName) -> Link {
        self.links.daily(id, name, self.db.ambient().now())
    }
}

impl ContentService {
    async fn visible(&self, actor: &Actor, id: MediaId) -> Result<Media, MediaError> {
        actor.require(&permissions::READ)?;
        Ok(items::find(self.db.read(), actor, id).await?.ok_or(DbError::NotFound)?)
    }
}

fn pick(media: Media, name: VariantName, accepts: Accepts) -> Result<Picked, MediaError> {
    if media.status != MediaStatus::Ready {
        return Err(MediaError::NotReady);
    }
    let variant = media.pick(name, accepts).cloned().ok_or(MediaError::NotReady)?;
    Ok(Picked { media, variant, link_expires_at: None })
}
