use actix_web::{HttpResponse, web};
use core_http::{Caller, Operation, Path, Problem};
use uuid::Uuid;

use crate::{DomainId, Domains, OrgId, permissions};

pub(super) fn operation() -> Operation {
    Operation::delete("/{id}/domains/{domain_id}", handle)
        .id("remove_domain")
        .summary("Give a domain up")
        .describe("Those who joined by it stay.")
        .requires(&permissions::MANAGE)
        .no_content()
}

async fn handle(caller: Caller, domains: web::Data<dyn Domains>, ids: Path<(Uuid, Uuid)>) -> Result<HttpResponse, Problem> {
    let (org, domain) = ids.into_inner();
    domains.remove(&caller, OrgId(org), DomainId(domain)).await?;
    Ok(HttpResponse::NoContent().finish())
}
