use actix_web::{HttpResponse, web};
use core_http::{Caller, IfMatch, Operation, Path, Problem};
use uuid::Uuid;

use crate::{OrgId, Organisations, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::delete("/{id}", handle)
        .id("delete_org")
        .summary("Delete an organisation")
        .describe("Nobody acts for it from now on; everything in its space is erased soon after. It can't be undone.")
        .requires(&permissions::OWN)
        .dangerous()
        .no_content()
        .problems(&[&codes::CHANGED])
}

async fn handle(
    caller: Caller,
    organisations: web::Data<dyn Organisations>,
    id: Path<Uuid>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    organisations.delete(&caller, OrgId(id.into_inner()), if_match.version()).await?;
    Ok(HttpResponse::NoContent().finish())
}
