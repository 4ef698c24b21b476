use actix_web::web;
use core_http::{Caller, Operation, PageQuery, PageResponse, Problem};
use core_kernel::Order;

use super::passkey::PasskeyBody;
use crate::{Passkeys, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/passkeys", handle)
        .id("list_passkeys")
        .summary("The caller's passkeys")
        .requires(&permissions::SELF)
        .paged(Order::Desc)
        .answers::<PageResponse<PasskeyBody>>(200, "A page of passkeys")
}

async fn handle(
    caller: Caller,
    passkeys: web::Data<dyn Passkeys>,
    page: PageQuery,
) -> Result<PageResponse<PasskeyBody>, Problem> {
    let found = passkeys.list(&caller, &page).await?;
    Ok(page.answer(found).map(PasskeyBody::from))
}
