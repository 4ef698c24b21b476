use actix_web::web;
use core_http::{Caller, Etagged, Operation, Path, Problem};
use core_kernel::UserId;
use uuid::Uuid;

use super::person::{PersonBody, tagged};
use crate::{People, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/{id}", handle)
        .id("get_user")
        .summary("One person")
        .requires(&permissions::READ_ALL)
        .answers::<PersonBody>(200, "The person")
}

async fn handle(caller: Caller, people: web::Data<dyn People>, Path(id): Path<Uuid>) -> Result<Etagged<PersonBody>, Problem> {
    Ok(tagged(people.get(&caller, UserId(id)).await?))
}
