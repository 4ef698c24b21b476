use actix_web::web;
use core_http::{Caller, Operation, PageQuery, PageResponse, Problem, Query};
use core_kernel::Order;
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::OperationView;
use crate::{OperationState, Operations, permissions};

/// Which operations.
#[derive(Deserialize, IntoParams)]
struct Filter {
    /// `planned`, `sent`, `confirmed` or `unknown`.
    #[param(value_type = Option<String>, example = "unknown")]
    state: Option<OperationState>,
}

pub(super) fn operation() -> Operation {
    Operation::get("/operations", handle)
        .id("list_integration_operations")
        .summary("What the caller made through connections")
        .requires(&permissions::READ)
        .query::<Filter>()
        .paged(Order::Desc)
        .answers::<PageResponse<OperationView>>(200, "A page of operations")
}

async fn handle(
    caller: Caller,
    operations: web::Data<dyn Operations>,
    Query(filter): Query<Filter>,
    page: PageQuery,
) -> Result<PageResponse<OperationView>, Problem> {
    Ok(page.answer(operations.list(&caller, filter.state, &page).await?).map(OperationView::from))
}
