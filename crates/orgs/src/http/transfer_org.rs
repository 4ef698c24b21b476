use actix_web::{HttpResponse, web};
use core_http::{Caller, Json, Operation, Path, Problem};
use core_kernel::UserId;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Memberships, OrgId, permissions};

/// To whom.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TransferOrg {
    /// A member.
    user_id: Uuid,
}

pub(super) fn operation() -> Operation {
    Operation::post("/{id}/transfer", handle)
        .id("transfer_org")
        .summary("Hand an organisation over")
        .describe("The member becomes an owner and the caller an admin, both or neither.")
        .requires(&permissions::OWN)
        .dangerous()
        .body::<TransferOrg>()
        .no_content()
}

async fn handle(
    caller: Caller,
    memberships: web::Data<dyn Memberships>,
    id: Path<Uuid>,
    Json(body): Json<TransferOrg>,
) -> Result<HttpResponse, Problem> {
    memberships.transfer(&caller, OrgId(id.into_inner()), UserId(body.user_id)).await?;
    Ok(HttpResponse::NoContent().finish())
}
