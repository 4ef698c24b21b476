use actix_web::web;
use core_http::{Caller, Json, Operation, Path, Problem};
use uuid::Uuid;

use super::view::OperationView;
use crate::{OperationId, Operations, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/operations/{id}", handle)
        .id("get_integration_operation")
        .summary("Something that the caller made through a connection")
        .requires(&permissions::READ)
        .answers::<OperationView>(200, "The operation")
}

async fn handle(
    caller: Caller,
    operations: web::Data<dyn Operations>,
    Path(id): Path<Uuid>,
) -> Result<Json<OperationView>, Problem> {
    Ok(Json(OperationView::from(operations.get(&caller, OperationId(id)).await?)))
}
