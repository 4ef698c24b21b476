use actix_web::web;
use core_http::{Caller, Created, Json, Operation, Path, Problem};
use core_kernel::OrgRole;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::views::DomainView;
use crate::{Domains, OrgId, codes, permissions};

/// A domain to claim.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ClaimDomain {
    #[schema(example = "example.com")]
    domain: String,
    /// What people with a verified address there become: `member` (the default) or `viewer`.
    #[schema(value_type = Option<String>, example = "member")]
    #[serde(default)]
    role: Option<OrgRole>,
}

pub(super) fn operation() -> Operation {
    Operation::post("/{id}/domains", handle)
        .id("claim_domain")
        .summary("Claim a domain")
        .describe("Publish the TXT record of the answer, then verify. From then on people who verify an address there join by themselves.")
        .requires(&permissions::MANAGE)
        .body::<ClaimDomain>()
        .answers::<DomainView>(201, "The domain, not proven yet")
        .problems(&[&codes::INVALID, &codes::DOMAIN_TAKEN])
}

async fn handle(
    caller: Caller,
    domains: web::Data<dyn Domains>,
    id: Path<Uuid>,
    Json(body): Json<ClaimDomain>,
) -> Result<Created<DomainView>, Problem> {
    let org = OrgId(id.into_inner());
    let claimed = domains.claim(&caller, org, &body.domain, body.role.unwrap_or(OrgRole::Member)).await?;
    Ok(Created::at(format!("/api/v1/orgs/{org}/domains/{}", claimed.id), DomainView::from(claimed)))
}
