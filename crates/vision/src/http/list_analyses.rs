use actix_web::web;
use core_http::{Caller, Operation, PageQuery, PageResponse, Problem};
use core_kernel::Order;

use super::analysis_body::AnalysisView;
use crate::{Analyses, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/analyses", handle)
        .id("list_vision_analyses")
        .summary("The caller's photo analyses")
        .requires(&permissions::READ)
        .paged(Order::Desc)
        .answers::<PageResponse<AnalysisView>>(200, "A page of analyses")
}

async fn handle(
    caller: Caller,
    analyses: web::Data<dyn Analyses>,
    page: PageQuery,
) -> Result<PageResponse<AnalysisView>, Problem> {
    Ok(page.answer(analyses.list(&caller, &page).await?).map(AnalysisView::from))
}
