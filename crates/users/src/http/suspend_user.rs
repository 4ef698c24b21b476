use actix_web::web;
use core_http::{Caller, Etagged, Operation, Path, Problem};
use core_kernel::UserId;
use uuid::Uuid;

use super::person::{PersonBody, tagged};
use crate::{People, permissions};

pub(super) fn operation() -> Operation {
    Operation::post("/{id}/suspend", handle)
        .id("suspend_user")
        .summary("Suspend somebody")
        .describe("Every session ends at once, API keys are refused, and nobody signs in with the account until it is reactivated. Nothing is erased.")
        .requires(&permissions::MANAGE)
        .dangerous()
        .answers::<PersonBody>(200, "The person as they are now")
}

async fn handle(caller: Caller, people: web::Data<dyn People>, Path(id): Path<Uuid>) -> Result<Etagged<PersonBody>, Problem> {
    Ok(tagged(people.suspend(&caller, UserId(id)).await?))
}
