use actix_web::web;
use core_http::{Caller, Operation, PageQuery, PageResponse, Path, Problem};
use core_kernel::Order;
use uuid::Uuid;

use super::view::HookEventView;
use crate::hooks::{HookId, Hooks};
use crate::permissions;

pub(super) fn operation() -> Operation {
    Operation::get("/hooks/{hook_id}/events", handle)
        .id("list_incoming_hook_events")
        .summary("What a provider sent")
        .describe("Without bodies. Each delivery is there once, however often it came.")
        .requires(&permissions::READ)
        .paged(Order::Desc)
        .answers::<PageResponse<HookEventView>>(200, "A page of events")
}

async fn handle(
    caller: Caller,
    hooks: web::Data<dyn Hooks>,
    Path(id): Path<Uuid>,
    page: PageQuery,
) -> Result<PageResponse<HookEventView>, Problem> {
    Ok(page.answer(hooks.events(&caller, HookId(id), &page).await?).map(HookEventView::from))
}
