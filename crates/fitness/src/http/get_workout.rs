use actix_web::web;
use core_http::{Caller, Etagged, Operation, Path, Problem};
use uuid::Uuid;

use super::workout_body::WorkoutView;
use crate::model::WorkoutId;
use crate::{Measurements, Workouts, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/workouts/{id}", handle)
        .id("get_workout")
        .summary("A workout with its sets")
        .describe("The tag is that of the workout itself; sets have their own.")
        .requires(&permissions::READ)
        .answers::<WorkoutView>(200, "The workout")
        .problems(&[&codes::NOT_FOUND])
}

async fn handle(
    caller: Caller,
    workouts: web::Data<dyn Workouts>,
    measurements: web::Data<dyn Measurements>,
    Path(id): Path<Uuid>,
) -> Result<Etagged<WorkoutView>, Problem> {
    let logged = workouts.get(&caller, WorkoutId(id)).await?;
    let units = measurements.units(&caller).await?;
    // A set that was added does not change the workout's version, but it changes what is answered.
    let version = logged.sets.iter().fold(logged.workout.version, |sum, set| sum + set.version * 1000);
    Ok(Etagged::new(version, WorkoutView::of(logged, units)))
}
