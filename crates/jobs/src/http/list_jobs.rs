use actix_web::web;
use core_http::{Caller, Operation, PageQuery, PageResponse, Problem, Query};
use core_kernel::Order;
use serde::Deserialize;
use utoipa::IntoParams;

use super::body::{JobBody, JobStateBody};
use crate::{Queue, permissions};

#[derive(Deserialize, IntoParams)]
struct JobFilter {
    /// Only jobs in this state.
    #[param(inline)]
    state: Option<JobStateBody>,
}

pub(super) fn operation() -> Operation {
    Operation::get("", handle)
        .id("list_jobs")
        .summary("Jobs of everybody")
        .describe("With `state=dead`, the jobs that gave up.")
        .requires(&permissions::MANAGE)
        .paged(Order::Desc)
        .query::<JobFilter>()
        .answers::<PageResponse<JobBody>>(200, "A page of jobs")
}

async fn handle(
    caller: Caller,
    queue: web::Data<dyn Queue>,
    filter: Query<JobFilter>,
    page: PageQuery,
) -> Result<PageResponse<JobBody>, Problem> {
    let found = queue.list(&caller, filter.state.map(Into::into), &page).await?;
    Ok(page.answer(found).map(JobBody::from))
}
