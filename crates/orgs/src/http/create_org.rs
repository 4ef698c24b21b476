use actix_web::web;
use core_http::{Caller, Created, Json, Operation, Problem};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::views::OrgView;
use crate::{NewOrg, Organisations, codes, permissions};

/// A new organisation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateOrg {
    /// 1 to 100 printable characters.
    #[schema(example = "Brick & Mortar")]
    name: String,
    /// 3 to 40 of a-z, 0-9 and single dashes between them. When absent, one is made from the name.
    #[schema(example = "brick-mortar")]
    #[serde(default)]
    slug: Option<String>,
    /// An object of at most 8 KiB.
    #[schema(value_type = Option<Object>)]
    #[serde(default)]
    metadata: Option<Map<String, Value>>,
}

pub(super) fn operation() -> Operation {
    Operation::post("", handle)
        .id("create_org")
        .summary("Found an organisation")
        .describe("The caller becomes its owner. Members act for it by sending its id as X-Org-Id.")
        .requires(&permissions::JOIN)
        .body::<CreateOrg>()
        .answers::<OrgView>(201, "The organisation")
        .problems(&[&codes::INVALID, &codes::SLUG_TAKEN])
}

async fn handle(
    caller: Caller,
    organisations: web::Data<dyn Organisations>,
    Json(body): Json<CreateOrg>,
) -> Result<Created<OrgView>, Problem> {
    let new = NewOrg { name: body.name, slug: body.slug, metadata: body.metadata };
    let org = organisations.create(&caller, new).await?;
    let (location, version) = (format!("/api/v1/orgs/{}", org.id), org.version);
    Ok(Created::at(location, OrgView::from(org)).version(version))
}
