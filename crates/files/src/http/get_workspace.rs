use actix_web::web;
use core_http::{Caller, Etagged, Operation, Path, Problem};
use uuid::Uuid;

use super::views::WorkspaceView;
use crate::{WorkspaceId, Workspaces, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/workspaces/{id}", handle)
        .id("get_workspace")
        .summary("A workspace")
        .requires(&permissions::READ)
        .answers::<WorkspaceView>(200, "The workspace")
        .problems(&[&codes::NO_WORKSPACE])
}

async fn handle(
    caller: Caller,
    workspaces: web::Data<dyn Workspaces>,
    Path(id): Path<Uuid>,
) -> Result<Etagged<WorkspaceView>, Problem> {
    let found = workspaces.get(&caller, WorkspaceId(id)).await?;
    Ok(Etagged::new(found.version, WorkspaceView::from(found)))
}
