use actix_web::web;
use core_http::{Caller, LongWork, Operation, PageQuery, PageResponse, Problem};
use core_kernel::Order;

use super::export::{ExportResult, work};
use crate::{Exports, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/me/exports", handle)
        .id("list_own_exports")
        .summary("The caller's exports")
        .requires(&permissions::PROFILE_READ)
        .paged(Order::Desc)
        .answers::<PageResponse<LongWork<ExportResult>>>(200, "A page of exports")
        .problems(&[&codes::NOT_IN_PERSON])
}

async fn handle(
    caller: Caller,
    exports: web::Data<dyn Exports>,
    page: PageQuery,
) -> Result<PageResponse<LongWork<ExportResult>>, Problem> {
    let found = exports.list(&caller, &page).await?;
    Ok(page.answer(found).map(work))
}
