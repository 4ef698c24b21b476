use actix_web::web;
use core_http::{Caller, Json, Operation, Path, Problem};
use core_kernel::UserId;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::AccessTokenBody;
use crate::{Impersonation, codes, permissions};

/// Why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ImpersonateRequest {
    /// For the audit logs of both.
    #[schema(min_length = 1, max_length = 500, example = "ticket 4711: the list stays empty")]
    reason: String,
}

pub(super) fn operation() -> Operation {
    Operation::post("/users/{id}/impersonate", handle)
        .id("impersonate")
        .summary("Act in somebody's place for a quarter of an hour")
        .describe("The token can't be refreshed, can't change what the person proves themselves with, and ends with the caller's own session. Both find it in their audit log. Not for people who have rights that the caller lacks.")
        .requires(&permissions::IMPERSONATE)
        .dangerous()
        .body::<ImpersonateRequest>()
        .answers::<AccessTokenBody>(200, "An access token with an `act` claim")
        .secret_answer()
        .problems(&[
            &codes::BEYOND_OWN_RIGHTS,
            &codes::PERSON_NEEDED,
            &codes::SUSPENDED,
            &codes::EMAIL_NOT_VERIFIED,
            &codes::INVALID,
        ])
}

async fn handle(
    caller: Caller,
    impersonation: web::Data<dyn Impersonation>,
    Path(id): Path<Uuid>,
    Json(request): Json<ImpersonateRequest>,
) -> Result<Json<AccessTokenBody>, Problem> {
    Ok(Json(impersonation.impersonate(&caller, UserId(id), &request.reason).await?.into()))
}
