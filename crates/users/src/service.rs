use async_trait::async_trait;
use core_kernel::{Actor, UserId};

use crate::UsersError;
use crate::model::{Profile, ProfileChange};

/// People as they describe themselves.
#[async_trait]
pub trait Profiles: Send + Sync {
    /// The caller's profile.
    async fn own(&self, actor: &Actor) -> Result<Profile, UsersError>;
    /// Changes the caller's profile. With `based_on`, only while it is at that version.
    async fn update(&self, actor: &Actor, change: ProfileChange, based_on: Option<i64>) -> Result<Profile, UsersError>;
    /// Closes the caller's account at once and queues the erasure of everything they hold. Safe to repeat.
    async fn close(&self, actor: &Actor) -> Result<(), UsersError>;
    /// Anybody's profile, for the server's own use: to address a mail, to format an answer. None: there is no such person.
    async fn of(&self, user: UserId) -> Result<Option<Profile>, UsersError>;
}
