use actix_web::web;
use core_http::{Caller, Json, LongWork, Operation, Path, Problem, Query, Wait};
use serde_json::Value;
use uuid::Uuid;

use super::import_body::work;
use crate::model::ImportId;
use crate::{Transfers, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/imports/{id}", handle)
        .id("get_import")
        .summary("How an import stands")
        .requires(&permissions::READ)
        .query::<Wait>()
        .answers::<LongWork<Value>>(200, "The import")
        .problems(&[&codes::NOT_FOUND])
}

async fn handle(
    caller: Caller,
    transfers: web::Data<dyn Transfers>,
    Path(id): Path<Uuid>,
    Query(wait): Query<Wait>,
) -> Result<Json<LongWork<Value>>, Problem> {
    let look = || async { transfers.get(&caller, ImportId(id)).await.map(work) };
    Ok(Json(wait.until(|work| work.status.is_final(), look).await?))
}
