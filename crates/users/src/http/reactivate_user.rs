use actix_web::web;
use core_http::{Caller, Etagged, Operation, Path, Problem};
use core_kernel::UserId;
use uuid::Uuid;

use super::person::{PersonBody, tagged};
use crate::{People, permissions};

pub(super) fn operation() -> Operation {
    Operation::post("/{id}/reactivate", handle)
        .id("reactivate_user")
        .summary("Take a suspension back")
        .describe("They sign in again; the sessions of before stay ended, API keys work again.")
        .requires(&permissions::MANAGE)
        .dangerous()
        .answers::<PersonBody>(200, "The person as they are now")
}

async fn handle(caller: Caller, people: web::Data<dyn People>, Path(id): Path<Uuid>) -> Result<Etagged<PersonBody>, Problem> {
    Ok(tagged(people.reactivate(&caller, UserId(id)).await?))
}
