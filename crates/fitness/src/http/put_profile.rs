use actix_web::web;
use core_http::{Caller, Etagged, IfMatch, Json, Operation, Problem};

use super::profile_body::{ProfileBody, ProfileView, tagged};
use crate::{Profiles, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::put("/profile", handle)
        .id("put_fitness_profile")
        .summary("Write the caller's fitness profile")
        .describe(
            "Height and mass name their units: `\"180 cm\"`, `\"5'11\\\"\"`, `\"12 st 8 lb\"`, `{\"value\": 80, \"unit\": \"kg\"}`. A \
             quantity that can be read in more than one way is 422 with every reading. Stored in SI, answered in `units`.",
        )
        .requires(&permissions::WRITE)
        .body::<ProfileBody>()
        .answers::<ProfileView>(200, "The profile as it is now")
        .problems(&[&codes::INVALID, &codes::AMBIGUOUS_QUANTITY, &codes::CHANGED])
}

async fn handle(
    caller: Caller,
    profiles: web::Data<dyn Profiles>,
    if_match: IfMatch,
    Json(body): Json<ProfileBody>,
) -> Result<Etagged<ProfileView>, Problem> {
    Ok(tagged(profiles.put(&caller, body.draft()?, if_match.version()).await?))
}
