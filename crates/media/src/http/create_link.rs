use std::time::Duration;

use actix_web::web;
use core_http::{Caller, Json, Operation, Path, Problem};
use core_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Content, MediaId, VariantName, codes, permissions};

/// Which size, and for how long.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateLink {
    /// `original` (the default), `large`, `medium`, `small` or `thumb`.
    #[schema(value_type = Option<String>, example = "thumb")]
    #[serde(default)]
    variant: Option<VariantName>,
    /// Seconds; at most those of the settings (a week). Absent: an hour.
    #[schema(example = 3600)]
    #[serde(default)]
    expires_in: Option<u64>,
}

/// A link that shows the picture to whoever has it.
#[derive(Serialize, ToSchema)]
struct LinkView {
    url: String,
    expires_at: Timestamp,
}

pub(super) fn operation() -> Operation {
    Operation::post("/{id}/links", handle)
        .id("create_media_link")
        .summary("Make a link that shows a picture to whoever has it")
        .describe("One signature covers picture, size and time. The link ends with its time, and with the picture.")
        .requires(&permissions::READ)
        .body::<CreateLink>()
        .answers::<LinkView>(200, "The link")
        .problems(&[&codes::INVALID, &codes::NOT_READY])
}

async fn handle(
    caller: Caller,
    content: web::Data<dyn Content>,
    Path(id): Path<Uuid>,
    Json(body): Json<CreateLink>,
) -> Result<Json<LinkView>, Problem> {
    let name = body.variant.unwrap_or(VariantName::Original);
    let link = content.link(&caller, MediaId(id), name, body.expires_in.map(Duration::from_secs)).await?;
    Ok(Json(LinkView { url: link.url, expires_at: link.expires_at }))
}
