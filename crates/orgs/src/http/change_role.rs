use actix_web::web;
use core_http::{Caller, Etagged, IfMatch, Json, Operation, Path, Problem};
use core_kernel::{OrgRole, UserId};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::views::MembershipView;
use crate::{Memberships, OrgId, codes, permissions};

/// What to change.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UpdateMember {
    /// `viewer`, `member`, `admin` or `owner`; at most the caller's own.
    #[schema(value_type = String, example = "member")]
    role: OrgRole,
}

pub(super) fn operation() -> Operation {
    Operation::patch("/{id}/members/{user_id}", handle)
        .id("update_member")
        .summary("Change a member's role")
        .describe(
            "Nobody edits members of an equal or higher role or gives a role above their own; owners edit owners. \
             There is always an owner.",
        )
        .requires(&permissions::MANAGE)
        .dangerous()
        .body::<UpdateMember>()
        .answers::<MembershipView>(200, "The member as they are now")
        .problems(&[&codes::RANK_TOO_LOW, &codes::LAST_OWNER, &codes::CHANGED])
}

async fn handle(
    caller: Caller,
    memberships: web::Data<dyn Memberships>,
    ids: Path<(Uuid, Uuid)>,
    if_match: IfMatch,
    Json(body): Json<UpdateMember>,
) -> Result<Etagged<MembershipView>, Problem> {
    let (org, user) = ids.into_inner();
    let changed = memberships.change_role(&caller, OrgId(org), UserId(user), body.role, if_match.version()).await?;
    Ok(Etagged::new(changed.version, MembershipView::from(changed)))
}
