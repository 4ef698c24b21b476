use actix_web::web;
use core_http::{Caller, Etagged, IfMatch, Json, Operation, Patch, Path, Problem};
use core_kernel::UserId;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::person::{PersonBody, tagged};
use super::update_me::change;
use crate::{Change, People, ProfileChange, Units, codes, permissions};

/// What to change of a person; what is not mentioned stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UpdateUserRequest {
    /// 1 to 100 printable characters.
    #[schema(example = "Ada")]
    #[serde(default)]
    display_name: Patch<String>,
    /// Language and region (BCP 47); null: the server's default.
    #[schema(example = "de-CH")]
    #[serde(default)]
    locale: Patch<String>,
    /// IANA name; null: the server's default.
    #[schema(example = "Europe/Zurich")]
    #[serde(default)]
    time_zone: Patch<String>,
    /// Null: the server's default.
    #[serde(default)]
    units: Patch<Units>,
}

pub(super) fn operation() -> Operation {
    Operation::patch("/{id}", handle)
        .id("update_user")
        .summary("Change somebody's profile")
        .describe("A merge patch (RFC 7396). With If-Match, only the version that it names is changed.")
        .requires(&permissions::MANAGE)
        .body::<UpdateUserRequest>()
        .answers::<PersonBody>(200, "The person as they are now")
        .problems(&[&codes::INVALID, &codes::PROFILE_CHANGED])
}

async fn handle(
    caller: Caller,
    people: web::Data<dyn People>,
    Path(id): Path<Uuid>,
    if_match: IfMatch,
    Json(request): Json<UpdateUserRequest>,
) -> Result<Etagged<PersonBody>, Problem> {
    let wanted = ProfileChange {
        display_name: change(request.display_name),
        locale: change(request.locale),
        time_zone: change(request.time_zone),
        units: change(request.units),
        metadata: Change::Keep,
    };
    Ok(tagged(people.update(&caller, UserId(id), wanted, if_match.version()).await?))
}
