use actix_web::web;
use core_http::{Caller, Etagged, IfMatch, Json, Operation, Patch, Path, Problem};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::views::OrgView;
use crate::{OrgChange, OrgId, Organisations, codes, permissions};

/// What to change; what is not mentioned stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UpdateOrg {
    /// 1 to 100 printable characters.
    #[serde(default)]
    name: Patch<String>,
    /// 3 to 40 of a-z, 0-9 and single dashes between them.
    #[serde(default)]
    slug: Patch<String>,
    /// Merged into what is there (RFC 7396), at most 8 KiB in all; null empties it.
    #[schema(value_type = Option<Object>)]
    #[serde(default)]
    metadata: Patch<Map<String, Value>>,
}

pub(super) fn operation() -> Operation {
    Operation::patch("/{id}", handle)
        .id("update_org")
        .summary("Change an organisation")
        .describe("A merge patch (RFC 7396). With If-Match, only the version that it names is changed.")
        .requires(&permissions::MANAGE)
        .body::<UpdateOrg>()
        .answers::<OrgView>(200, "The organisation as it is now")
        .problems(&[&codes::INVALID, &codes::CHANGED, &codes::SLUG_TAKEN])
}

async fn handle(
    caller: Caller,
    organisations: web::Data<dyn Organisations>,
    id: Path<Uuid>,
    if_match: IfMatch,
    Json(body): Json<UpdateOrg>,
) -> Result<Etagged<OrgView>, Problem> {
    let change = OrgChange { name: body.name.change(), slug: body.slug.change(), metadata: body.metadata.change() };
    let org = organisations.update(&caller, OrgId(id.into_inner()), change, if_match.version()).await?;
    Ok(Etagged::new(org.version, OrgView::from(org)))
}
