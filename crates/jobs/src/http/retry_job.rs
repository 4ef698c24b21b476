use actix_web::web;
use core_http::{Caller, Json, Operation, Path, Problem};
use core_jobs::JobId;
use uuid::Uuid;

use super::body::JobBody;
use crate::{Queue, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::post("/{id}/retry", handle)
        .id("retry_job")
        .summary("Give a dead or cancelled job another round of tries")
        .requires(&permissions::MANAGE)
        .answers::<JobBody>(200, "The job, which waits again")
        .problems(&[&codes::NOT_RETRYABLE])
}

async fn handle(caller: Caller, queue: web::Data<dyn Queue>, Path(id): Path<Uuid>) -> Result<Json<JobBody>, Problem> {
    Ok(Json(queue.retry(&caller, JobId(id)).await?.into()))
}
