use std::sync::Arc;

use async_trait::async_trait;
use core_db::{Db, DbError, Ledger};
use core_feature::{ExportError, ExportSink, Feature};
use core_kernel::{Owner, Permission, ProblemCode};

use crate::exercises::ExerciseService;
use crate::library::Libraries;
use crate::profiles::ProfileService;
use crate::{Exercises, MediaLinks, Profiles, codes, migrations, permissions, store};

/// What fitness needs.
#[derive(Clone)]
pub struct Deps {
    /// The database, with its time and ids.
    pub db: Db,
    /// Media of exercises; none: they have none.
    pub media: Option<Arc<dyn MediaLinks>>,
}

impl std::fmt::Debug for Deps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deps").field("media", &self.media.is_some()).finish_non_exhaustive()
    }
}

/// Fitness as a feature.
#[derive(Clone)]
pub struct Fitness {
    db: Db,
    /// Bodies and wishes.
    pub profiles: Arc<dyn Profiles>,
    /// The catalogue and own exercises.
    pub exercises: Arc<dyn Exercises>,
}

impl std::fmt::Debug for Fitness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fitness").finish_non_exhaustive()
    }
}

impl Fitness {
    /// Puts the services together.
    pub fn new(deps: Deps) -> Self {
        let libraries = Libraries::new(deps.db.clone());
        let exercises = ExerciseService { db: deps.db.clone(), libraries, media: deps.media };
        Self { profiles: Arc::new(ProfileService { db: deps.db.clone() }), exercises: Arc::new(exercises), db: deps.db }
    }
}

#[async_trait]
impl Feature for Fitness {
    fn name(&self) -> &'static str {
        "fitness"
    }

    fn permissions(&self) -> Vec<&'static Permission> {
        permissions::ALL.to_vec()
    }

    fn problem_codes(&self) -> Vec<&'static ProblemCode> {
        codes::ALL.to_vec()
    }

    fn ledger(&self) -> Ledger {
        migrations::ledger()
    }

    async fn export(&self, _owner: Owner, _sink: &mut dyn ExportSink) -> Result<(), ExportError> {
        Ok(())
    }

    async fn erase(&self, owner: Owner) -> Result<(), DbError> {
        self.db.write(|tx| async move { store::profiles::delete(&tx, owner).await }).await
    }
}
