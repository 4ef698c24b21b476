use actix_web::web;
use core_http::{Caller, Operation, PageQuery, PageResponse, Path, Problem};
use core_kernel::Order;
use uuid::Uuid;

use super::view::AttemptView;
use crate::{Attempts, EndpointId, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/endpoints/{id}/attempts", handle)
        .id("list_webhook_attempts")
        .summary("How deliveries to a webhook endpoint went")
        .describe("Kept for `webhooks.keep_days`, and at most `webhooks.keep_attempts` of each endpoint.")
        .requires(&permissions::READ)
        .paged(Order::Desc)
        .answers::<PageResponse<AttemptView>>(200, "A page of attempts")
}

async fn handle(
    caller: Caller,
    attempts: web::Data<dyn Attempts>,
    Path(id): Path<Uuid>,
    page: PageQuery,
) -> Result<PageResponse<AttemptView>, Problem> {
    Ok(page.answer(attempts.list(&caller, EndpointId(id), &page).await?).map(AttemptView::from))
}
