use actix_web::web;
use core_http::{Caller, Etagged, Operation, Problem};

use super::body::{ProfileBody, tagged};
use crate::{Profiles, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/me", handle)
        .id("get_own_profile")
        .summary("The caller's profile")
        .describe("What the caller has not chosen is answered as the server's default. It is the same whatever organisation the caller acts for.")
        .requires(&permissions::PROFILE_READ)
        .answers::<ProfileBody>(200, "The profile")
}

async fn handle(caller: Caller, profiles: web::Data<dyn Profiles>) -> Result<Etagged<ProfileBody>, Problem> {
    Ok(tagged(profiles.own(&caller).await?))
}
