use actix_web::web;
use core_http::{Caller, Operation, PageQuery, PageResponse, Problem};
use core_kernel::Order;

use super::view::HookView;
use crate::hooks::Hooks;
use crate::permissions;

pub(super) fn operation() -> Operation {
    Operation::get("/hooks", handle)
        .id("list_incoming_hooks")
        .summary("Places that providers send to")
        .requires(&permissions::READ)
        .paged(Order::Desc)
        .answers::<PageResponse<HookView>>(200, "A page of hooks")
}

async fn handle(caller: Caller, hooks: web::Data<dyn Hooks>, page: PageQuery) -> Result<PageResponse<HookView>, Problem> {
    Ok(page.answer(hooks.list(&caller, &page).await?).map(HookView::from))
}
