use actix_web::{HttpResponse, web};
use core_http::{Caller, Operation, Path, Problem};
use core_kernel::UserId;
use uuid::Uuid;

use crate::{Memberships, OrgId, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::delete("/{id}/members/{user_id}", handle)
        .id("remove_member")
        .summary("Remove a member")
        .describe("They can't act for the organisation any more; what they made there stays with it.")
        .requires(&permissions::MANAGE)
        .no_content()
        .problems(&[&codes::RANK_TOO_LOW, &codes::LAST_OWNER])
}

async fn handle(
    caller: Caller,
    memberships: web::Data<dyn Memberships>,
    ids: Path<(Uuid, Uuid)>,
) -> Result<HttpResponse, Problem> {
    let (org, user) = ids.into_inner();
    memberships.remove(&caller, OrgId(org), UserId(user)).await?;
    Ok(HttpResponse::NoContent().finish())
}
