use async_trait::async_trait;
use core_db::DbError;
use core_kernel::{Actor, PortError, UserId};
use media::{MediaError, MediaFeature, MediaId, NewMedia, VariantName};
use users::{AvatarFile, Avatars};
use uuid::Uuid;

use super::Offered;

/// `users` keeps pictures of people with `media`, in their own spaces.
pub(crate) struct MediaAvatars(pub(crate) Offered<MediaFeature>);

impl MediaAvatars {
    fn on_behalf_of(person: UserId) -> Actor {
        Actor { on_behalf_of: Some(person), ..Actor::system("users", person.into()) }
    }
}

#[async_trait]
impl Avatars for MediaAvatars {
    async fn keep(&self, person: UserId, picture: AvatarFile) -> Result<Uuid, PortError> {
        let new = NewMedia {
            purpose: Some("avatar".to_owned()),
            file_name: picture.name,
            declared: picture.content_type,
            ..NewMedia::default()
        };
        Ok(self.0.get()?.library.add(&Self::on_behalf_of(person), new, picture.file).await?.id.get())
    }

    async fn remove(&self, person: UserId, avatar: Uuid) -> Result<(), PortError> {
        match self.0.get()?.library.delete(&Self::on_behalf_of(person), MediaId(avatar), None).await {
            Ok(()) | Err(MediaError::Db(DbError::NotFound)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn url(&self, avatar: Uuid) -> String {
        // Without media there is nothing to be seen, and a link that leads nowhere says so.
        let link = |media: &MediaFeature| media.content.daily_link(MediaId(avatar), VariantName::Small).url;
        self.0.given().map(link).unwrap_or_default()
    }
}
