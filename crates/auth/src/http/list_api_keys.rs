use actix_web::web;
use core_http::{Caller, Operation, PageQuery, PageResponse, Problem};
use core_kernel::Order;

use super::api_key::ApiKeyBody;
use crate::{ApiKeys, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/api-keys", handle)
        .id("list_api_keys")
        .summary("API keys of the space that the caller acts for")
        .requires(&permissions::API_KEYS)
        .paged(Order::Desc)
        .answers::<PageResponse<ApiKeyBody>>(200, "A page of keys, without their secrets")
}

async fn handle(caller: Caller, keys: web::Data<dyn ApiKeys>, page: PageQuery) -> Result<PageResponse<ApiKeyBody>, Problem> {
    let found = keys.list(&caller, &page).await?;
    Ok(page.answer(found).map(ApiKeyBody::from))
}
