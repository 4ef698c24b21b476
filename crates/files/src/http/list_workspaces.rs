use actix_web::web;
use core_http::{Caller, Operation, PageQuery, PageResponse, Problem};
use core_kernel::Order;

use super::views::WorkspaceView;
use crate::{Workspaces, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/workspaces", handle)
        .id("list_workspaces")
        .summary("The workspaces that the caller sees")
        .requires(&permissions::READ)
        .paged(Order::Desc)
        .answers::<PageResponse<WorkspaceView>>(200, "A page of workspaces")
}

async fn handle(
    caller: Caller,
    workspaces: web::Data<dyn Workspaces>,
    page: PageQuery,
) -> Result<PageResponse<WorkspaceView>, Problem> {
    Ok(page.answer(workspaces.list(&caller, *page).await?).map(WorkspaceView::from))
}
