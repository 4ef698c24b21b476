use actix_web::{HttpResponse, web};
use core_http::{Caller, Operation, Path, Problem};
use uuid::Uuid;

use crate::model::{SetId, WorkoutId};
use crate::{Workouts, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::delete("/workouts/{id}/sets/{set_id}", handle)
        .id("delete_set")
        .summary("Delete a set")
        .requires(&permissions::WRITE)
        .no_content()
        .problems(&[&codes::NOT_FOUND])
}

async fn handle(
    caller: Caller,
    workouts: web::Data<dyn Workouts>,
    Path((id, set)): Path<(Uuid, Uuid)>,
) -> Result<HttpResponse, Problem> {
    workouts.delete_set(&caller, WorkoutId(id), SetId(set)).await?;
    Ok(HttpResponse::NoContent().finish())
}
