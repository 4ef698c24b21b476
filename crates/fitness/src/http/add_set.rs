use actix_web::web;
use core_http::{Caller, Created, Json, Operation, Path, Problem};
use uuid::Uuid;

use super::workout_body::{SetBody, SetView};
use crate::model::WorkoutId;
use crate::{Measurements, Workouts, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::post("/workouts/{id}/sets", handle)
        .id("add_set")
        .summary("Log a set")
        .describe("Each set is a row of its own, so that two devices never overwrite each other. Loads name their unit.")
        .requires(&permissions::WRITE)
        .body::<SetBody>()
        .answers::<SetView>(201, "The set")
        .problems(&[&codes::INVALID, &codes::AMBIGUOUS_QUANTITY, &codes::NOT_FOUND, &codes::WORKOUT_ENDED, &codes::TOO_MANY])
}

async fn handle(
    caller: Caller,
    workouts: web::Data<dyn Workouts>,
    measurements: web::Data<dyn Measurements>,
    Path(id): Path<Uuid>,
    Json(body): Json<SetBody>,
) -> Result<Created<SetView>, Problem> {
    let set = workouts.add_set(&caller, WorkoutId(id), body.draft()?).await?;
    let units = measurements.units(&caller).await.unwrap_or_default();
    let (location, version) = (format!("/api/v1/fitness/workouts/{id}/sets/{}", set.id), set.version);
    Ok(Created::at(location, SetView::of(set, units)).version(version))
}
