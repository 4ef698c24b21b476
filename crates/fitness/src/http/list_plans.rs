use actix_web::web;
use core_http::{Caller, Operation, PageQuery, PageResponse, Problem};
use core_kernel::Order;

use super::plan_body::PlanView;
use crate::{Plans, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/plans", handle)
        .id("list_plans")
        .summary("The caller's plans")
        .requires(&permissions::READ)
        .paged(Order::Desc)
        .answers::<PageResponse<PlanView>>(200, "A page of plans")
}

async fn handle(caller: Caller, plans: web::Data<dyn Plans>, page: PageQuery) -> Result<PageResponse<PlanView>, Problem> {
    Ok(page.answer(plans.list(&caller, &page).await?).map(PlanView::from))
}
