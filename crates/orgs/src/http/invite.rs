use actix_web::web;
use core_http::{Caller, Created, Json, Operation, Path, Problem};
use core_kernel::OrgRole;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::views::InvitationView;
use crate::{Invitations, OrgId, codes, permissions};

/// Whom to invite.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct InviteMember {
    #[schema(format = "email")]
    email: String,
    /// `viewer`, `member`, `admin` or `owner`; at most the caller's own.
    #[schema(value_type = String, example = "member")]
    role: OrgRole,
}

pub(super) fn operation() -> Operation {
    Operation::post("/{id}/invitations", handle)
        .id("invite_member")
        .summary("Invite somebody by mail")
        .describe("Only the account of this address can accept. An earlier invitation to it ends.")
        .requires(&permissions::MANAGE)
        .body::<InviteMember>()
        .answers::<InvitationView>(201, "The invitation")
        .problems(&[&codes::INVALID, &codes::RANK_TOO_LOW, &codes::TOO_MANY_INVITATIONS])
}

async fn handle(
    caller: Caller,
    invitations: web::Data<dyn Invitations>,
    id: Path<Uuid>,
    Json(body): Json<InviteMember>,
) -> Result<Created<InvitationView>, Problem> {
    let org = OrgId(id.into_inner());
    let made = invitations.invite(&caller, org, &body.email, body.role).await?;
    Ok(Created::at(format!("/api/v1/orgs/{org}/invitations/{}", made.id), InvitationView::from(made)))
}
