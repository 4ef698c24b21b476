use async_trait::async_trait;
use core_feature::{ExportError, ExportSink};
use core_kernel::{Actor, PortError, Timestamp, UserId};

/// Whether an identity can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityStatus {
    /// Yes.
    Active,
    /// Not until an administrator says so.
    Suspended,
    /// Its person left; erasure is under way.
    Closed,
}

impl IdentityStatus {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Closed => "closed",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Active, Self::Suspended, Self::Closed].into_iter().find(|status| status.as_str() == word)
    }
}

/// What identity knows of a person. Profiles keep a copy of the address for reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The person.
    pub id: UserId,
    /// Their address, as they wrote it.
    pub email: String,
    /// Whether they proved that it is theirs.
    pub email_verified: bool,
    /// What they called themselves at registration; later changes are the profile's alone.
    pub display_name: Option<String>,
    /// Whether it can be used.
    pub status: IdentityStatus,
    /// When they registered.
    pub created_at: Timestamp,
    /// Grows with every change of the identity.
    pub version: i64,
}

/// Who people are. The feature that signs people in stands behind it.
#[async_trait]
pub trait Identities: Send + Sync {
    /// The identity of a person, closed ones included.
    async fn find(&self, user: UserId) -> Result<Option<Identity>, PortError>;
    /// Closes an identity and ends its sessions at once. Safe to repeat.
    async fn close(&self, user: UserId) -> Result<(), PortError>;
}

/// Identities as administrators change them. What stands behind it refuses a caller who has not the right, who wants to reach somebody with
/// more rights than their own, or who would leave the server without an administrator.
#[async_trait]
pub trait IdentityAdministration: Send + Sync {
    /// Makes an identity and sends its owner a link to choose a password.
    async fn create(&self, actor: &Actor, email: &str, display_name: Option<&str>) -> Result<Identity, PortError>;
    /// Ends every session and refuses new ones. Safe to repeat.
    async fn suspend(&self, actor: &Actor, user: UserId) -> Result<(), PortError>;
    /// Takes a suspension back. Safe to repeat.
    async fn reactivate(&self, actor: &Actor, user: UserId) -> Result<(), PortError>;
    /// Closes an identity and ends its sessions at once.
    async fn close(&self, actor: &Actor, user: UserId) -> Result<(), PortError>;
}

/// A picture that somebody sends of themselves.
#[derive(Debug)]
pub struct AvatarFile {
    /// Its content.
    pub file: tempfile::NamedTempFile,
    /// What the client calls it.
    pub name: Option<String>,
    /// The type that the client declares.
    pub content_type: Option<String>,
}

/// Where pictures of people are kept. Whatever stands behind it takes pictures only, and cleans them.
#[async_trait]
pub trait Avatars: Send + Sync {
    /// Keeps a picture in the person's own space; gives its id.
    async fn keep(&self, person: UserId, picture: AvatarFile) -> Result<uuid::Uuid, PortError>;
    /// Removes one. Safe to repeat.
    async fn remove(&self, person: UserId, avatar: uuid::Uuid) -> Result<(), PortError>;
    /// Where one is seen by whoever has the address, for a day at least.
    fn url(&self, avatar: uuid::Uuid) -> String;
}

/// Keeps no pictures: for a product without them.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoAvatars;

#[async_trait]
impl Avatars for NoAvatars {
    async fn keep(&self, _person: UserId, _picture: AvatarFile) -> Result<uuid::Uuid, PortError> {
        Err(crate::UsersError::NoAvatars.into())
    }

    async fn remove(&self, _person: UserId, _avatar: uuid::Uuid) -> Result<(), PortError> {
        Ok(())
    }

    fn url(&self, _avatar: uuid::Uuid) -> String {
        String::new()
    }
}

/// Everything that any feature holds of a person. The composition root stands behind it, since it knows all features.
#[async_trait]
pub trait PersonalData: Send + Sync {
    /// Hands over all of it, each collection under the name of its feature.
    async fn export(&self, user: UserId, sink: &mut dyn ExportSink) -> Result<(), ExportError>;
    /// Removes all of it: the personal space, and what the person left in organisations. Safe to repeat.
    async fn erase(&self, user: UserId) -> Result<(), PortError>;
}
