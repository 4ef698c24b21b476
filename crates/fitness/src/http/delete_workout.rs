use actix_web::{HttpResponse, web};
use core_http::{Caller, Operation, Path, Problem};
use uuid::Uuid;

use crate::model::WorkoutId;
use crate::{Workouts, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::delete("/workouts/{id}", handle)
        .id("delete_workout")
        .summary("Delete a workout with its sets")
        .requires(&permissions::WRITE)
        .no_content()
        .problems(&[&codes::NOT_FOUND])
}

async fn handle(caller: Caller, workouts: web::Data<dyn Workouts>, Path(id): Path<Uuid>) -> Result<HttpResponse, Problem> {
    workouts.delete(&caller, WorkoutId(id)).await?;
    Ok(HttpResponse::NoContent().finish())
}
