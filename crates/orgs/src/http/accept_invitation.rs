use actix_web::web;
use core_http::{Caller, Json, Operation, Problem};
use core_kernel::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use super::views::OwnOrgView;
use crate::{Invitations, codes, permissions};

/// What the mail holds.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AcceptInvitation {
    /// The part of the link after `#token=`.
    #[schema(value_type = String)]
    token: Secret,
}

pub(super) fn operation() -> Operation {
    Operation::post("/invitations/accept", handle)
        .id("accept_invitation")
        .summary("Join an organisation by invitation")
        .describe("The caller's verified address must be the invited one. An invitation works once.")
        .requires(&permissions::JOIN)
        .body::<AcceptInvitation>()
        .answers::<OwnOrgView>(200, "The organisation, and the caller's role in it")
        .problems(&[
            &codes::INVALID_INVITATION,
            &codes::OTHER_ADDRESS,
            &codes::ADDRESS_NOT_VERIFIED,
            &codes::ALREADY_MEMBER,
            &codes::NO_SEAT_LEFT,
        ])
}

async fn handle(
    caller: Caller,
    invitations: web::Data<dyn Invitations>,
    Json(body): Json<AcceptInvitation>,
) -> Result<Json<OwnOrgView>, Problem> {
    Ok(Json(invitations.accept(&caller, &body.token).await?.into()))
}
