use actix_web::web;
use core_http::{Caller, Json, Operation, Path, Problem};
use core_jobs::JobId;
use uuid::Uuid;

use super::body::JobBody;
use crate::{Queue, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/{id}", handle)
        .id("get_job")
        .summary("A job")
        .requires(&permissions::MANAGE)
        .answers::<JobBody>(200, "The job")
}

async fn handle(caller: Caller, queue: web::Data<dyn Queue>, Path(id): Path<Uuid>) -> Result<Json<JobBody>, Problem> {
    Ok(Json(queue.get(&caller, JobId(id)).await?.into()))
}
