use actix_web::web;
use core_http::{Caller, Created, Json, Operation, Problem};

use super::workout_body::{CreateWorkout, WorkoutView, version_of};
use crate::{Measurements, Workouts, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::post("/workouts", handle)
        .id("create_workout")
        .summary("Begin a workout, or write one that is over")
        .requires(&permissions::WRITE)
        .body::<CreateWorkout>()
        .answers::<WorkoutView>(201, "The workout")
        .problems(&[&codes::INVALID, &codes::AMBIGUOUS_QUANTITY])
}

async fn handle(
    caller: Caller,
    workouts: web::Data<dyn Workouts>,
    measurements: web::Data<dyn Measurements>,
    Json(body): Json<CreateWorkout>,
) -> Result<Created<WorkoutView>, Problem> {
    let (draft, sets) = body.parts()?;
    let logged = workouts.create(&caller, draft, sets).await?;
    let units = measurements.units(&caller).await.unwrap_or_default();
    let (location, version) = (format!("/api/v1/fitness/workouts/{}", logged.workout.id), version_of(&logged));
    Ok(Created::at(location, WorkoutView::of(logged, units)).version(version))
}
