use async_trait::async_trait;
use core_kernel::{Actor, Timestamp};

use crate::FitnessError;
use crate::metrics::{Report, Subject};
use crate::model::{Profile, ProfileDraft};

/// The bodies and wishes of people. Always the person's own, whatever organisation is acted for.
#[async_trait]
pub trait Profiles: Send + Sync {
    /// The caller's profile.
    async fn own(&self, actor: &Actor) -> Result<Profile, FitnessError>;
    /// Writes the caller's profile anew. With `based_on`, only while it is at that version.
    async fn put(&self, actor: &Actor, draft: ProfileDraft, based_on: Option<i64>) -> Result<Profile, FitnessError>;
    /// The time that ages are reckoned by.
    fn now(&self) -> Timestamp;
    /// What follows from the measures of a body; nothing is stored.
    fn report(&self, actor: &Actor, subject: &Subject) -> Result<Report, FitnessError>;
}
