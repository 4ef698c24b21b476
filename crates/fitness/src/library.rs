//! The exercises that one person sees: ours, those that an administrator imported, and their own.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use core_db::Db;
use core_kernel::Owner;

use crate::FitnessError;
use crate::catalogue::{self, Exercise, Index, Search, Written};
use crate::store::exercises;

/// The space of exercises that were imported for everybody. No person has this id.
pub(crate) const SHARED: Owner = Owner(sea_orm::prelude::Uuid::nil());
/// For how long another process may not yet see an import.
const FRESH: Duration = Duration::from_secs(5);

/// Exercises of one person.
#[derive(Clone, Debug)]
pub struct Library {
    shared: Arc<Index>,
    own: Arc<Index>,
}

impl Library {
    /// Ours alone.
    pub fn ours() -> Self {
        Self { shared: Arc::default(), own: Arc::default() }
    }

    fn indexes(&self) -> [&Index; 3] {
        [catalogue::own(), &self.shared, &self.own]
    }

    /// Every exercise.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Exercise>> {
        self.indexes().into_iter().flat_map(|index| index.all().iter())
    }

    /// By slug, name or alias.
    pub fn resolve(&self, name: &str) -> Option<&Arc<Exercise>> {
        let by_slug = self.indexes().into_iter().find_map(|index| index.by_slug(name));
        by_slug.or_else(|| self.indexes().into_iter().find_map(|index| index.resolve(name)))
    }

    /// What matches, the best first.
    pub fn search(&self, search: &Search) -> Vec<Arc<Exercise>> {
        let mut found: Vec<(&Arc<Exercise>, u32)> = self.indexes().into_iter().flat_map(|index| index.search(search)).collect();
        if search.query.is_some() {
            found.sort_by(|(a, score_a), (b, score_b)| score_b.cmp(score_a).then_with(|| a.id.cmp(&b.id)));
        }
        found.into_iter().map(|(exercise, _)| Arc::clone(exercise)).collect()
    }

    /// What may stand in for an exercise.
    pub fn substitutes(&self, exercise: &Exercise, usable: impl Fn(&Exercise) -> bool) -> Vec<Arc<Exercise>> {
        let mut found: Vec<&Arc<Exercise>> =
            self.indexes().into_iter().flat_map(|index| index.substitutes(exercise, &usable)).collect();
        let likeness = |other: &Exercise| catalogue::likeness(exercise, other);
        found.sort_by(|a, b| likeness(b).total_cmp(&likeness(a)).then_with(|| a.id.cmp(&b.id)));
        found.into_iter().map(Arc::clone).collect()
    }
}

/// An index and when it was read.
type Kept = Option<(Instant, Arc<Index>)>;

/// Gives everybody their library.
#[derive(Clone, Debug)]
pub(crate) struct Libraries {
    db: Db,
    shared: Arc<RwLock<Kept>>,
}

impl Libraries {
    pub(crate) fn new(db: Db) -> Self {
        Self { db, shared: Arc::default() }
    }

    /// The library of a person.
    pub(crate) async fn of(&self, owner: Owner) -> Result<Library, FitnessError> {
        let own = exercises::all(self.db.read(), owner).await?;
        let own = if own.is_empty() { Arc::default() } else { Arc::new(index(own)) };
        Ok(Library { shared: self.shared().await?, own })
    }

    async fn shared(&self) -> Result<Arc<Index>, FitnessError> {
        let kept = self.shared.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, index)) = kept
            && at.elapsed() < FRESH
        {
            return Ok(index);
        }
        let read = Arc::new(index(exercises::all(self.db.read(), SHARED).await?));
        *self.shared.write().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), Arc::clone(&read)));
        Ok(read)
    }

    /// Forgets what was imported, so that the next look reads it again.
    pub(crate) fn refresh(&self) {
        *self.shared.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

fn index(stored: Vec<exercises::StoredExercise>) -> Index {
    let written = |stored: &exercises::StoredExercise| Written { created_at: stored.created_at, updated_at: stored.updated_at };
    Index::of_written(stored.into_iter().map(|stored| (written(&stored), stored.exercise)).map(|(at, own)| (own, at)).collect())
}
