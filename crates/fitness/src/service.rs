use std::sync::Arc;

use async_trait::async_trait;
use core_kernel::{Actor, Timestamp};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::FitnessError;
use crate::catalogue::{Exercise, Search};
use crate::metrics::{Report, Subject};
use crate::model::{Profile, ProfileDraft};
use crate::ports::MediaLink;
use crate::store::exercises::StoredExercise;

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

/// An exercise with what is shown beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The exercise.
    pub exercise: Arc<Exercise>,
    /// What may stand in for it, the nearest first.
    pub substitutes: Vec<Arc<Exercise>>,
    /// Its pictures and films.
    pub media: Vec<MediaLink>,
}

/// The catalogue and one's own exercises.
#[async_trait]
pub trait Exercises: Send + Sync {
    /// What matches, the best first.
    async fn search(&self, actor: &Actor, search: &Search) -> Result<Vec<Arc<Exercise>>, FitnessError>;
    /// One, by slug, name or alias.
    async fn get(&self, actor: &Actor, name: &str) -> Result<Seen, FitnessError>;
    /// Writes an exercise of one's own.
    async fn create(&self, actor: &Actor, exercise: Exercise) -> Result<StoredExercise, FitnessError>;
    /// Merges a patch (RFC 7396) into an exercise of one's own. With `based_on`, only while it is at that version.
    async fn update(
        &self,
        actor: &Actor,
        slug: &str,
        patch: Map<String, Value>,
        based_on: Option<i64>,
    ) -> Result<StoredExercise, FitnessError>;
    /// Deletes an exercise of one's own; logs keep its name.
    async fn delete(&self, actor: &Actor, slug: &str) -> Result<(), FitnessError>;
    /// Shows a picture or film with an exercise of one's own.
    async fn attach_media(&self, actor: &Actor, slug: &str, media: Uuid) -> Result<Seen, FitnessError>;
    /// An exercise of one's own as it is stored; none: it is the catalogue's or there is none.
    async fn stored(&self, actor: &Actor, slug: &str) -> Result<Option<StoredExercise>, FitnessError>;
}
