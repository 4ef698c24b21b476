use std::sync::Arc;

use async_trait::async_trait;
use core_db::{Db, DbError};
use core_kernel::Actor;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::catalogue::{self, Exercise, Search};
use crate::library::{Libraries, Library};
use crate::ports::{MediaLink, MediaLinks};
use crate::service::{Exercises, Seen};
use crate::store::exercises::{self, StoredExercise};
use crate::{FitnessError, permissions};

/// The most exercises of one person.
pub(crate) const MOST_OWN: u64 = 500;
/// How many stand-ins an exercise is shown with.
const SUBSTITUTES: usize = 6;

/// [`Exercises`] over the catalogue and the table.
#[derive(Clone)]
pub(crate) struct ExerciseService {
    pub(crate) db: Db,
    pub(crate) libraries: Libraries,
    pub(crate) media: Option<Arc<dyn MediaLinks>>,
}

#[async_trait]
impl Exercises for ExerciseService {
    async fn search(&self, actor: &Actor, search: &Search) -> Result<Vec<Arc<Exercise>>, FitnessError> {
        actor.require(&permissions::READ)?;
        Ok(self.libraries.of(actor.personal_space()).await?.search(search))
    }

    async fn get(&self, actor: &Actor, name: &str) -> Result<Seen, FitnessError> {
        actor.require(&permissions::READ)?;
        let library = self.libraries.of(actor.personal_space()).await?;
        let exercise = library.resolve(name).cloned().ok_or(FitnessError::NotFound)?;
        self.see(actor, &library, exercise).await
    }

    async fn create(&self, actor: &Actor, exercise: Exercise) -> Result<StoredExercise, FitnessError> {
        actor.require(&permissions::WRITE)?;
        check(&exercise)?;
        let owner = actor.personal_space();
        if self.libraries.of(owner).await?.all().any(|other| other.id == exercise.id) {
            return Err(FitnessError::SlugTaken);
        }
        let exercise = &exercise;
        self.db
            .write(|tx| async move {
                if exercises::count(&tx, owner).await? >= MOST_OWN {
                    return Err(FitnessError::TooMany(format!("At most {MOST_OWN} exercises of your own.")));
                }
                match exercises::insert(&tx, owner, actor, exercise).await {
                    Err(DbError::Conflict(_)) => Err(FitnessError::SlugTaken),
                    stored => Ok(stored?),
                }
            })
            .await
    }

    async fn update(
        &self,
        actor: &Actor,
        slug: &str,
        patch: Map<String, Value>,
        based_on: Option<i64>,
    ) -> Result<StoredExercise, FitnessError> {
        actor.require(&permissions::WRITE)?;
        let patch = Value::Object(patch);
        self.change(actor, slug, based_on, |exercise| {
            let mut document = serde_json::to_value(&exercise).map_err(|error| DbError::Corrupt(error.to_string()))?;
            merge(&mut document, &patch);
            serde_json::from_value(document).map_err(|error| FitnessError::field("", "invalid", error.to_string()))
        })
        .await
    }

    async fn delete(&self, actor: &Actor, slug: &str) -> Result<(), FitnessError> {
        actor.require(&permissions::WRITE)?;
        let owner = actor.personal_space();
        let deleted =
            self.db.write(|tx| async move { Ok::<_, FitnessError>(exercises::delete(&tx, owner, slug).await?) }).await?;
        if deleted {
            return Ok(());
        }
        Err(self.not_own(actor, slug).await?)
    }

    async fn attach_media(&self, actor: &Actor, slug: &str, media: Uuid) -> Result<Seen, FitnessError> {
        actor.require(&permissions::WRITE)?;
        let port = self.media.as_ref().ok_or(FitnessError::NotConnected("MediaLinks"))?;
        if port.links(actor, &[media]).await?.is_empty() {
            return Err(FitnessError::field("/media_id", "unknown_media", "There is no such media of yours."));
        }
        self.change(actor, slug, None, |mut exercise| {
            let id = media.to_string();
            if !exercise.media.contains(&id) {
                exercise.media.push(id);
            }
            Ok(exercise)
        })
        .await?;
        self.get(actor, slug).await
    }

    async fn stored(&self, actor: &Actor, slug: &str) -> Result<Option<StoredExercise>, FitnessError> {
        actor.require(&permissions::READ)?;
        Ok(exercises::find(self.db.read(), actor.personal_space(), slug).await?)
    }
}

impl ExerciseService {
    async fn see(&self, actor: &Actor, library: &Library, exercise: Arc<Exercise>) -> Result<Seen, FitnessError> {
        let mut substitutes = library.substitutes(&exercise, |_| true);
        substitutes.truncate(SUBSTITUTES);
        let wanted: Vec<Uuid> = exercise.media.iter().filter_map(|id| id.parse().ok()).collect();
        let media: Vec<MediaLink> = match &self.media {
            Some(port) if !wanted.is_empty() => port.links(actor, &wanted).await?,
            _ => Vec::new(),
        };
        Ok(Seen { exercise, substitutes, media })
    }

    async fn change(
        &self,
        actor: &Actor,
        slug: &str,
        based_on: Option<i64>,
        change: impl Fn(Exercise) -> Result<Exercise, FitnessError> + Send + Sync,
    ) -> Result<StoredExercise, FitnessError> {
        let owner = actor.personal_space();
        let Some(stored) = exercises::find(self.db.read(), owner, slug).await? else {
            return Err(self.not_own(actor, slug).await?);
        };
        let current = stored.version;
        if based_on.is_some_and(|version| version != current) {
            return Err(FitnessError::Changed { current });
        }
        // The name by which logs and plans know it stays.
        let exercise = Exercise { id: slug.to_owned(), ..change(stored.exercise.clone())? };
        check(&exercise)?;
        let changed = &exercise;
        let updated = self
            .db
            .write(|tx| async move { Ok::<_, FitnessError>(exercises::update(&tx, owner, changed, current).await?) })
            .await?;
        if !updated {
            return Err(FitnessError::Changed { current });
        }
        Ok(StoredExercise { exercise, updated_at: self.db.ambient().now(), version: current + 1, ..stored })
    }

    /// Why somebody can't change an exercise: it is the catalogue's, or there is none.
    async fn not_own(&self, actor: &Actor, slug: &str) -> Result<FitnessError, FitnessError> {
        let known = self.libraries.of(actor.personal_space()).await?.resolve(slug).is_some();
        Ok(if known { FitnessError::NotOwn } else { FitnessError::NotFound })
    }
}

fn check(exercise: &Exercise) -> Result<(), FitnessError> {
    let faults = catalogue::faults(exercise);
    if faults.is_empty() { Ok(()) } else { Err(FitnessError::Invalid(faults)) }
}

/// RFC 7396.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(members) = target else { return };
    for (name, change) in changes {
        if change.is_null() {
            members.remove(name);
        } else {
            merge(members.entry(name.clone()).or_insert(Value::Null), change);
        }
    }
}
