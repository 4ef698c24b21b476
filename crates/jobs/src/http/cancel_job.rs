use actix_web::web;
use core_http::{Caller, Json, Operation, Path, Problem};
use core_jobs::JobId;
use uuid::Uuid;

use super::body::JobBody;
use crate::{Queue, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::post("/{id}/cancel", handle)
        .id("cancel_job")
        .summary("Call a job off")
        .describe("A job that waits ends at once; one that runs is stopped at its worker's next sign of life, within seconds.")
        .requires(&permissions::MANAGE)
        .answers::<JobBody>(200, "The job: cancelled, or still running for a moment")
        .problems(&[&codes::NOT_CANCELLABLE])
}

async fn handle(caller: Caller, queue: web::Data<dyn Queue>, Path(id): Path<Uuid>) -> Result<Json<JobBody>, Problem> {
    Ok(Json(queue.cancel(&caller, JobId(id)).await?.into()))
}
