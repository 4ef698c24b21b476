use std::sync::Arc;

use async_trait::async_trait;
use core_db::{Db, DbError, Ledger};
use core_feature::{ExportError, ExportSink, Feature, Template, Tool};
use core_jobs::{EventType, Handler};
use core_kernel::{Order, Owner, PageRequest, Permission, ProblemCode};
use object_store::ObjectStore;

use crate::animations::AnimationService;
use crate::coach::{ContextService, coach_template, tools};
use crate::exercises::ExerciseService;
use crate::imports::{TransferService, measurement_row, plan_row, profile_row, workout_row};
use crate::library::Libraries;
use crate::measurements::MeasurementService;
use crate::plans::PlanService;
use crate::profiles::ProfileService;
use crate::progress_service::ProgressService;
use crate::service::{
    Animations, CoachContext, Exercises, FormRules, Measurements, Plans, Profiles, Progress, Transfers, Workouts,
};
use crate::workouts::{COMPLETED, WorkoutService};
use crate::{FitnessError, MediaLinks, PlanWriter, codes, migrations, permissions, store};

/// What fitness needs.
#[derive(Clone)]
pub struct Deps {
    /// The database, with its time and ids.
    pub db: Db,
    /// Where files wait for their import.
    pub blobs: Arc<dyn ObjectStore>,
    /// Media of exercises; none: they have none.
    pub media: Option<Arc<dyn MediaLinks>>,
    /// Plans by a language model; none: the builder's.
    pub writer: Option<Arc<dyn PlanWriter>>,
}

impl std::fmt::Debug for Deps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deps")
            .field("media", &self.media.is_some())
            .field("writer", &self.writer.is_some())
            .finish_non_exhaustive()
    }
}

/// Fitness as a feature.
#[derive(Clone)]
pub struct Fitness {
    db: Db,
    transfer: TransferService,
    /// Bodies and wishes.
    pub profiles: Arc<dyn Profiles>,
    /// The catalogue and own exercises.
    pub exercises: Arc<dyn Exercises>,
    /// Animations of the catalogue.
    pub animations: Arc<dyn Animations>,
    /// What the motions say about form.
    pub form_rules: Arc<dyn FormRules>,
    /// Training plans.
    pub plans: Arc<dyn Plans>,
    /// The log.
    pub workouts: Arc<dyn Workouts>,
    /// Measurements.
    pub measurements: Arc<dyn Measurements>,
    /// How things go.
    pub progress: Arc<dyn Progress>,
    /// In and out.
    pub transfers: Arc<dyn Transfers>,
    /// What a language model is told.
    pub coach: Arc<dyn CoachContext>,
}

impl std::fmt::Debug for Fitness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fitness").finish_non_exhaustive()
    }
}

impl Fitness {
    /// Puts the services together.
    pub fn new(deps: Deps) -> Self {
        let db = deps.db;
        let libraries = Libraries::new(db.clone());
        let animations = AnimationService::new();
        let plans = PlanService { db: db.clone(), libraries: libraries.clone(), writer: deps.writer };
        let transfer = TransferService { db: db.clone(), blobs: deps.blobs, libraries: libraries.clone() };
        Self {
            profiles: Arc::new(ProfileService { db: db.clone() }),
            exercises: Arc::new(ExerciseService { db: db.clone(), libraries: libraries.clone(), media: deps.media }),
            animations: Arc::new(animations.clone()),
            form_rules: Arc::new(animations),
            coach: Arc::new(ContextService { db: db.clone(), libraries: libraries.clone(), plans: plans.clone() }),
            plans: Arc::new(plans),
            workouts: Arc::new(WorkoutService { db: db.clone(), libraries: libraries.clone() }),
            measurements: Arc::new(MeasurementService { db: db.clone() }),
            progress: Arc::new(ProgressService { db: db.clone(), libraries }),
            transfers: Arc::new(transfer.clone()),
            transfer,
            db,
        }
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

    fn jobs(&self) -> Vec<Handler> {
        self.transfer.jobs()
    }

    fn events(&self) -> Vec<EventType> {
        vec![EventType { name: COMPLETED, version: 1, summary: "A workout ended.", example: workout_completed }]
    }

    fn templates(&self) -> Vec<Template> {
        vec![coach_template()]
    }

    fn tools(&self) -> Vec<Tool> {
        tools(&self.exercises, &self.plans, &self.workouts)
    }

    async fn export(&self, owner: Owner, sink: &mut dyn ExportSink) -> Result<(), ExportError> {
        if let Some(profile) = store::profiles::find(self.db.read(), owner).await? {
            sink.row("profile", profile_row(&profile)).await?;
        }
        for stored in store::exercises::all(self.db.read(), owner).await? {
            let row = serde_json::to_value(&stored.exercise).map_err(|error| ExportError::Sink(error.to_string()))?;
            sink.row("exercises", row).await?;
        }
        let mut request = PageRequest::first(PageRequest::MAX_LIMIT, Order::Asc);
        loop {
            let page = store::plans::list(self.db.read(), owner, &request).await?;
            for plan in &page.items {
                sink.row("plans", plan_row(plan)).await?;
            }
            request.after = page.next;
            if request.after.is_none() {
                break;
            }
        }
        loop {
            let page = store::measurements::list(self.db.read(), owner, None, &request).await?;
            for measurement in &page.items {
                sink.row("measurements", measurement_row(measurement)).await?;
            }
            request.after = page.next;
            if request.after.is_none() {
                break;
            }
        }
        for logged in self.transfer.logged(owner).await.map_err(|error| ExportError::Db(db_error(error)))? {
            sink.row("workouts", workout_row(&logged)).await?;
        }
        for import in store::imports::all(self.db.read(), owner).await? {
            let row =
                serde_json::json!({"id": import.id, "source": import.source, "status": import.status, "result": import.result});
            sink.row("imports", row).await?;
        }
        Ok(())
    }

    async fn erase(&self, owner: Owner) -> Result<(), DbError> {
        self.transfer.erase_files(owner).await.map_err(db_error)?;
        self.db.write(|tx| async move { store::erase(&tx, owner).await }).await
    }
}

fn db_error(error: FitnessError) -> DbError {
    match error {
        FitnessError::Db(error) => error,
        other => DbError::Unavailable(sea_orm::DbErr::Custom(other.to_string())),
    }
}

fn workout_completed() -> serde_json::Value {
    serde_json::json!({
        "id": "01900000-0000-7000-8000-000000000001", "plan_id": "01900000-0000-7000-8000-000000000002",
        "started_at": "2026-01-16T14:40:00Z", "ended_at": "2026-01-16T15:40:00Z",
    })
}
