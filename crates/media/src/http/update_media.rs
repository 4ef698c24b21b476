use actix_web::web;
use core_http::{Caller, Etagged, IfMatch, Json, Operation, Patch, Path, Problem};
use core_kernel::Visibility;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::view::MediaView;
use crate::{Library, MediaChange, MediaId, codes, permissions};

/// What is to change; null removes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UpdateMedia {
    /// What it shows: at most 1000 characters.
    #[serde(default)]
    alt: Patch<String>,
    /// What it is for: 1 to 64 of `a-z 0-9 _ . -`.
    #[serde(default)]
    purpose: Patch<String>,
    /// `private` or `org`.
    #[schema(value_type = Option<String>, example = "private")]
    #[serde(default)]
    visibility: Option<Visibility>,
    /// The owner's own: an object of at most 8 KiB, which replaces the one of before.
    #[schema(value_type = Option<Object>)]
    #[serde(default)]
    metadata: Patch<Map<String, Value>>,
}

pub(super) fn operation() -> Operation {
    Operation::patch("/{id}", handle)
        .id("update_media")
        .summary("Change what is said about a picture")
        .requires(&permissions::WRITE)
        .body::<UpdateMedia>()
        .answers::<MediaView>(200, "The picture")
        .problems(&[&codes::INVALID, &codes::CHANGED])
}

async fn handle(
    caller: Caller,
    library: web::Data<dyn Library>,
    Path(id): Path<Uuid>,
    if_match: IfMatch,
    Json(body): Json<UpdateMedia>,
) -> Result<Etagged<MediaView>, Problem> {
    let change = MediaChange {
        alt: body.alt.change(),
        purpose: body.purpose.change(),
        visibility: body.visibility,
        metadata: body.metadata.change().map(Option::unwrap_or_default),
    };
    let media = library.update(&caller, MediaId(id), change, if_match.version()).await?;
    Ok(Etagged::new(media.version, MediaView::from(media)))
}
