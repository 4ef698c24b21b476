use actix_web::web;
use core_http::{Caller, Operation, PageQuery, PageResponse, Problem};
use core_kernel::Order;

use super::views::OwnOrgView;
use crate::{Organisations, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("", handle)
        .id("list_orgs")
        .summary("The caller's organisations")
        .describe("Sorted by when the caller joined, each with the caller's role.")
        .requires(&permissions::READ)
        .paged(Order::Desc)
        .answers::<PageResponse<OwnOrgView>>(200, "A page of organisations")
}

async fn handle(
    caller: Caller,
    organisations: web::Data<dyn Organisations>,
    page: PageQuery,
) -> Result<PageResponse<OwnOrgView>, Problem> {
    let found = organisations.list(&caller, &page).await?;
    Ok(page.answer(found).map(OwnOrgView::from))
}
