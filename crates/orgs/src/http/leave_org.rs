use actix_web::{HttpResponse, web};
use core_http::{Caller, Operation, Path, Problem};
use uuid::Uuid;

use crate::{Memberships, OrgId, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::post("/{id}/leave", handle)
        .id("leave_org")
        .summary("Leave an organisation")
        .describe("What the caller made there stays with it.")
        .requires(&permissions::JOIN)
        .no_content()
        .problems(&[&codes::LAST_OWNER])
}

async fn handle(caller: Caller, memberships: web::Data<dyn Memberships>, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    memberships.leave(&caller, OrgId(id.into_inner())).await?;
    Ok(HttpResponse::NoContent().finish())
}
