use actix_web::web;
use core_http::{Caller, Etagged, IfMatch, Json, Operation, Patch, Problem};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::body::{ProfileBody, tagged};
use crate::{Change, ProfileChange, Profiles, Units, codes, permissions};

/// What to change; what is not mentioned stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UpdateProfileRequest {
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
    /// Merged into what is there (RFC 7396), at most 8 KiB in all; null empties it.
    #[schema(value_type = Option<Object>)]
    #[serde(default)]
    metadata: Patch<Map<String, Value>>,
}

pub(super) fn operation() -> Operation {
    Operation::patch("/me", handle)
        .id("update_own_profile")
        .summary("Change the caller's profile")
        .describe("A merge patch (RFC 7396). With If-Match, only the version that it names is changed.")
        .requires(&permissions::PROFILE_WRITE)
        .body::<UpdateProfileRequest>()
        .answers::<ProfileBody>(200, "The profile as it is now")
        .problems(&[&codes::INVALID, &codes::PROFILE_CHANGED])
}

async fn handle(
    caller: Caller,
    profiles: web::Data<dyn Profiles>,
    if_match: IfMatch,
    Json(request): Json<UpdateProfileRequest>,
) -> Result<Etagged<ProfileBody>, Problem> {
    let wanted = ProfileChange {
        display_name: change(request.display_name),
        locale: change(request.locale),
        time_zone: change(request.time_zone),
        units: change(request.units),
        metadata: change(request.metadata),
    };
    Ok(tagged(profiles.update(&caller, wanted, if_match.version()).await?))
}

pub(super) fn change<T>(patch: Patch<T>) -> Change<T> {
    match patch {
        Patch::Absent => Change::Keep,
        Patch::Null => Change::Remove,
        Patch::Value(value) => Change::Set(value),
    }
}
