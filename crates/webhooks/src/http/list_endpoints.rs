use actix_web::web;
use core_http::{Caller, Operation, PageQuery, PageResponse, Problem};
use core_kernel::Order;

use super::view::EndpointView;
use crate::{Endpoints, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/endpoints", handle)
        .id("list_webhook_endpoints")
        .summary("Webhook endpoints")
        .requires(&permissions::READ)
        .paged(Order::Desc)
        .answers::<PageResponse<EndpointView>>(200, "A page of endpoints")
}

async fn handle(
    caller: Caller,
    endpoints: web::Data<dyn Endpoints>,
    page: PageQuery,
) -> Result<PageResponse<EndpointView>, Problem> {
    Ok(page.answer(endpoints.list(&caller, &page).await?).map(EndpointView::from))
}
