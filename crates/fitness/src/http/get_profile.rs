use actix_web::web;
use core_http::{Caller, Etagged, Operation, Problem};

use super::profile_body::{ProfileView, tagged};
use crate::{Profiles, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/profile", handle)
        .id("get_fitness_profile")
        .summary("The caller's fitness profile")
        .describe("Quantities are in the caller's units (`units`). It is the same whatever organisation the caller acts for.")
        .requires(&permissions::READ)
        .answers::<ProfileView>(200, "The profile")
        .problems(&[&codes::NO_PROFILE])
}

async fn handle(caller: Caller, profiles: web::Data<dyn Profiles>) -> Result<Etagged<ProfileView>, Problem> {
    Ok(tagged(profiles.own(&caller).await?))
}
