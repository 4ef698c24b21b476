use actix_web::web;
use core_http::{Caller, Etagged, Operation, Path, Problem};
use uuid::Uuid;

use super::workout_body::{WorkoutView, version_of};
use crate::model::WorkoutId;
use crate::{Measurements, Workouts, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/workouts/{id}", handle)
        .id("get_workout")
        .summary("A workout with its sets")
        .describe("The tag changes with the workout and with its sets.")
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
    Ok(Etagged::new(version_of(&logged), WorkoutView::of(logged, units)))
}
