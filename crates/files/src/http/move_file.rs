use actix_web::web;
use core_http::{Caller, Json, Operation, Path, Problem};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::views::path;
use crate::{Documents, WorkspaceId, Written, codes, permissions};

/// From where to where.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MoveFile {
    #[schema(example = "src/old.rs")]
    from: String,
    /// Nothing may be there.
    #[schema(example = "src/new.rs")]
    to: String,
}

pub(super) fn operation() -> Operation {
    Operation::post("/workspaces/{id}/move", handle)
        .id("move_file")
        .summary("Move a file to a path that is free")
        .requires(&permissions::WRITE)
        .body::<MoveFile>()
        .answers::<Written>(200, "The file in its new place")
        .problems(&[&codes::NO_WORKSPACE, &codes::NOT_FOUND, &codes::EXISTS, &codes::READ_ONLY, &codes::INVALID])
}

async fn handle(
    caller: Caller,
    documents: web::Data<dyn Documents>,
    Path(id): Path<Uuid>,
    Json(body): Json<MoveFile>,
) -> Result<Json<Written>, Problem> {
    let (from, to) = (path("/from", &body.from)?, path("/to", &body.to)?);
    Ok(Json(documents.move_file(&caller, WorkspaceId(id), from, to).await?))
}
