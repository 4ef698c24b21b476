use actix_web::{HttpResponse, web};
use core_http::{Caller, Operation, Path, Problem, Query};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::etags::Precondition;
use super::views::path;
use crate::{Documents, Expected, WorkspaceId, codes, permissions};

/// Which file.
#[derive(Deserialize, IntoParams)]
struct DeleteQuery {
    #[param(example = "src/lib.rs")]
    path: String,
}

pub(super) fn operation() -> Operation {
    Operation::delete("/workspaces/{id}/content", handle)
        .id("delete_file")
        .summary("Delete a file")
        .requires(&permissions::WRITE)
        .query::<DeleteQuery>()
        .header("If-Match", "Only while the file's ETag is this one.")
        .no_content()
        .problems(&[&codes::NO_WORKSPACE, &codes::NOT_FOUND, &codes::CHANGED, &codes::READ_ONLY, &codes::INVALID])
}

async fn handle(
    caller: Caller,
    documents: web::Data<dyn Documents>,
    Path(id): Path<Uuid>,
    Query(query): Query<DeleteQuery>,
    precondition: Precondition,
) -> Result<HttpResponse, Problem> {
    let expected = precondition.0.unwrap_or(Expected::Anything);
    documents.delete_file(&caller, WorkspaceId(id), path("/path", &query.path)?, expected).await?;
    Ok(HttpResponse::NoContent().finish())
}
