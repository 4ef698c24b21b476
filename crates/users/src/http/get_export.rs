use actix_web::web;
use core_http::{Caller, Json, LongWork, Operation, Path, Problem, Query, Wait};
use uuid::Uuid;

use super::export::{ExportResult, work};
use crate::{ExportId, Exports, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/me/exports/{id}", handle)
        .id("get_own_export")
        .summary("How an export stands")
        .requires(&permissions::PROFILE_READ)
        .query::<Wait>()
        .answers::<LongWork<ExportResult>>(200, "The export")
        .problems(&[&codes::NOT_IN_PERSON])
}

async fn handle(
    caller: Caller,
    exports: web::Data<dyn Exports>,
    Path(id): Path<Uuid>,
    Query(wait): Query<Wait>,
) -> Result<Json<LongWork<ExportResult>>, Problem> {
    let look = || async { exports.get(&caller, ExportId(id)).await.map(work) };
    Ok(Json(wait.until(|work| work.status.is_final(), look).await?))
}
