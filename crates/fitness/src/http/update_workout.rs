use actix_web::web;
use core_http::{Caller, Etagged, IfMatch, Json, Operation, Patch, Path, Problem};
use core_kernel::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::workout_body::{WorkoutView, text, version_of};
use crate::model::WorkoutId;
use crate::{FitnessError, Measurements, WorkoutChange, Workouts, codes, permissions};

/// What to change of the workout itself.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UpdateWorkout {
    #[serde(default)]
    title: Patch<String>,
    #[serde(default)]
    notes: Patch<String>,
    #[serde(default)]
    started_at: Patch<Timestamp>,
    /// A time ends it, null opens it again.
    #[serde(default)]
    ended_at: Patch<Timestamp>,
}

impl UpdateWorkout {
    fn change(self) -> Result<WorkoutChange, FitnessError> {
        let line = |pointer: &str, patch: Patch<String>, most: usize| {
            patch.change().map(|value| text(pointer, value.unwrap_or_default(), most)).transpose()
        };
        Ok(WorkoutChange {
            title: line("/title", self.title, 120)?,
            notes: line("/notes", self.notes, 2000)?,
            started_at: self.started_at.change().flatten(),
            ended_at: self.ended_at.change(),
        })
    }
}

pub(super) fn operation() -> Operation {
    Operation::patch("/workouts/{id}", handle)
        .id("update_workout")
        .summary("Change or end a workout")
        .describe("A merge patch. Setting `ended_at` ends it, and `workout.completed` is published.")
        .requires(&permissions::WRITE)
        .body::<UpdateWorkout>()
        .answers::<WorkoutView>(200, "The workout as it is now")
        .problems(&[&codes::INVALID, &codes::NOT_FOUND, &codes::CHANGED])
}

async fn handle(
    caller: Caller,
    workouts: web::Data<dyn Workouts>,
    measurements: web::Data<dyn Measurements>,
    Path(id): Path<Uuid>,
    if_match: IfMatch,
    Json(body): Json<UpdateWorkout>,
) -> Result<Etagged<WorkoutView>, Problem> {
    let (id, mut based_on) = (WorkoutId(id), None);
    if if_match.version().is_some() {
        let before = workouts.get(&caller, id).await?;
        if_match.check(version_of(&before))?;
        based_on = Some(before.workout.version);
    }
    let logged = workouts.update(&caller, id, body.change()?, based_on).await?;
    let units = measurements.units(&caller).await.unwrap_or_default();
    Ok(Etagged::new(version_of(&logged), WorkoutView::of(logged, units)))
}
