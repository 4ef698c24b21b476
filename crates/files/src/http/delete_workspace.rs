use actix_web::{HttpResponse, web};
use core_http::{Caller, IfMatch, Operation, Path, Problem};
use uuid::Uuid;

use crate::{WorkspaceId, Workspaces, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::delete("/workspaces/{id}", handle)
        .id("delete_workspace")
        .summary("Delete a workspace with its stored files; an operator's directory itself is left alone")
        .requires(&permissions::WRITE)
        .no_content()
        .problems(&[&codes::NO_WORKSPACE, &codes::CHANGED])
}

async fn handle(
    caller: Caller,
    workspaces: web::Data<dyn Workspaces>,
    Path(id): Path<Uuid>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    workspaces.delete(&caller, WorkspaceId(id), if_match.version()).await?;
    Ok(HttpResponse::NoContent().finish())
}
