use actix_web::{HttpResponse, web};
use core_http::{Caller, Operation, Path, Problem};
use uuid::Uuid;

use crate::{InvitationId, Invitations, OrgId, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::delete("/{id}/invitations/{invitation_id}", handle)
        .id("revoke_invitation")
        .summary("Withdraw an invitation")
        .requires(&permissions::MANAGE)
        .no_content()
        .problems(&[&codes::RANK_TOO_LOW])
}

async fn handle(
    caller: Caller,
    invitations: web::Data<dyn Invitations>,
    ids: Path<(Uuid, Uuid)>,
) -> Result<HttpResponse, Problem> {
    let (org, invitation) = ids.into_inner();
    invitations.revoke(&caller, OrgId(org), InvitationId(invitation)).await?;
    Ok(HttpResponse::NoContent().finish())
}
