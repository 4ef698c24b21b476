use actix_web::web;
use core_http::{Caller, Json, LimitClass, Operation, Path, Problem};
use uuid::Uuid;

use super::views::DomainView;
use crate::{DomainId, Domains, OrgId, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::post("/{id}/domains/{domain_id}/verify", handle)
        .id("verify_domain")
        .summary("Look up the record that proves a domain")
        .requires(&permissions::MANAGE)
        .limit(LimitClass::Expensive)
        .answers::<DomainView>(200, "The domain, proven")
        .problems(&[&codes::DOMAIN_NOT_PROVEN, &codes::DOMAIN_TAKEN, &codes::LOOKUP_NOT_CONFIGURED, &codes::LOOKUP_FAILED])
}

async fn handle(caller: Caller, domains: web::Data<dyn Domains>, ids: Path<(Uuid, Uuid)>) -> Result<Json<DomainView>, Problem> {
    let (org, domain) = ids.into_inner();
    Ok(Json(domains.verify(&caller, OrgId(org), DomainId(domain)).await?.into()))
}
