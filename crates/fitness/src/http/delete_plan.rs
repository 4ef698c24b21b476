use actix_web::{HttpResponse, web};
use core_http::{Caller, Operation, Path, Problem};
use uuid::Uuid;

use crate::model::PlanId;
use crate::{Plans, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::delete("/plans/{id}", handle)
        .id("delete_plan")
        .summary("Delete a plan; workouts stay")
        .requires(&permissions::WRITE)
        .no_content()
        .problems(&[&codes::NOT_FOUND])
}

async fn handle(caller: Caller, plans: web::Data<dyn Plans>, Path(id): Path<Uuid>) -> Result<HttpResponse, Problem> {
    plans.delete(&caller, PlanId(id)).await?;
    Ok(HttpResponse::NoContent().finish())
}
