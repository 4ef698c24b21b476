use async_trait::async_trait;
use bytes::Bytes;
use core_kernel::{Actor, Page, PageRequest, UserId};
use futures_util::stream::BoxStream;

use crate::model::{Export, ExportId, NewPerson, PeopleFilter, Person, Profile, ProfileChange};
use crate::{AvatarFile, UsersError};

/// People as they describe themselves.
#[async_trait]
pub trait Profiles: Send + Sync {
    /// The caller's profile.
    async fn own(&self, actor: &Actor) -> Result<Profile, UsersError>;
    /// Changes the caller's profile. With `based_on`, only while it is at that version.
    async fn update(&self, actor: &Actor, change: ProfileChange, based_on: Option<i64>) -> Result<Profile, UsersError>;
    /// Makes a picture the caller's own. The one of before is removed.
    async fn set_avatar(&self, actor: &Actor, picture: AvatarFile) -> Result<Profile, UsersError>;
    /// Removes the caller's picture. Safe to repeat.
    async fn remove_avatar(&self, actor: &Actor) -> Result<(), UsersError>;
    /// Closes the caller's account at once and queues the erasure of everything they hold. Safe to repeat.
    async fn close(&self, actor: &Actor) -> Result<(), UsersError>;
    /// Anybody's profile, for the server's own use: to address a mail, to format an answer. None: there is no such person.
    async fn of(&self, user: UserId) -> Result<Option<Profile>, UsersError>;
}

/// Everybody, for administrators. What a product keeps with a person (`metadata`) is not shown here. Nobody suspends or erases somebody who
/// may more on the platform than they do themselves.
#[async_trait]
pub trait People: Send + Sync {
    /// Who is there, the newest first. People appear once their registration was followed, which takes moments.
    async fn list(&self, actor: &Actor, filter: PeopleFilter, request: &PageRequest) -> Result<Page<Person>, UsersError>;
    /// One person.
    async fn get(&self, actor: &Actor, user: UserId) -> Result<Person, UsersError>;
    /// Makes an account; its owner gets a link to choose a password.
    async fn create(&self, actor: &Actor, new: NewPerson) -> Result<Person, UsersError>;
    /// Changes a profile, all but its metadata. With `based_on`, only while it is at that version.
    async fn update(
        &self,
        actor: &Actor,
        user: UserId,
        change: ProfileChange,
        based_on: Option<i64>,
    ) -> Result<Person, UsersError>;
    /// Signs somebody out everywhere and lets them in no more. Safe to repeat.
    async fn suspend(&self, actor: &Actor, user: UserId) -> Result<Person, UsersError>;
    /// Takes a suspension back. Safe to repeat.
    async fn reactivate(&self, actor: &Actor, user: UserId) -> Result<Person, UsersError>;
    /// Closes an account at once and queues the erasure of everything its person holds.
    async fn erase(&self, actor: &Actor, user: UserId) -> Result<(), UsersError>;
}

/// An archive being read.
pub struct OpenedExport {
    /// Its size.
    pub bytes: u64,
    /// Its content.
    pub chunks: BoxStream<'static, Result<Bytes, object_store::Error>>,
}

impl std::fmt::Debug for OpenedExport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenedExport").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

/// Archives of everything that any feature holds of the caller. For the person alone.
#[async_trait]
pub trait Exports: Send + Sync {
    /// Queues an export; while one is being made, gives that one.
    async fn start(&self, actor: &Actor) -> Result<Export, UsersError>;
    /// The caller's exports.
    async fn list(&self, actor: &Actor, request: &PageRequest) -> Result<Page<Export>, UsersError>;
    /// One of them.
    async fn get(&self, actor: &Actor, id: ExportId) -> Result<Export, UsersError>;
    /// The archive, when it is there.
    async fn open(&self, actor: &Actor, id: ExportId) -> Result<OpenedExport, UsersError>;
}
