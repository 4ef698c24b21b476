use actix_web::{HttpResponse, web};
use core_http::{Caller, Operation, Path, Problem};
use core_kernel::UserId;
use uuid::Uuid;

use crate::{People, permissions};

pub(super) fn operation() -> Operation {
    Operation::delete("/{id}", handle)
        .id("erase_user")
        .summary("Close somebody's account and erase what they hold")
        .describe("Every session ends at once; everything that the person holds is erased soon after. It can't be undone.")
        .requires(&permissions::MANAGE)
        .dangerous()
        .no_content()
}

async fn handle(caller: Caller, people: web::Data<dyn People>, Path(id): Path<Uuid>) -> Result<HttpResponse, Problem> {
    people.erase(&caller, UserId(id)).await?;
    Ok(HttpResponse::NoContent().finish())
}
