use actix_web::{HttpResponse, web};
use core_http::{Caller, Json, LimitClass, Operation, Problem};
use core_kernel::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{Credentials, codes, permissions};

/// The current password, and the new one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangePasswordRequest {
    /// The password that works now.
    current_password: Secret,
    /// 15 to 128 characters.
    #[schema(min_length = 15, max_length = 128)]
    new_password: Secret,
}

pub(super) fn operation() -> Operation {
    Operation::post("/password/change", handle)
        .id("change_password")
        .summary("Set a new password, given the current one")
        .describe("Ends every other session of the caller and tells their address. Not for API keys.")
        .requires(&permissions::SELF)
        .limit(LimitClass::Login)
        .body::<ChangePasswordRequest>()
        .no_content()
        .problems(&[
            &codes::INVALID,
            &codes::PERSON_NEEDED,
            &codes::SESSION_ENDED,
            &codes::TOO_MANY_TRIES,
            &codes::LOCKED,
            &codes::LEAK_CHECK_UNAVAILABLE,
            &codes::BUSY,
        ])
}

async fn handle(
    caller: Caller,
    credentials: web::Data<dyn Credentials>,
    Json(request): Json<ChangePasswordRequest>,
) -> Result<HttpResponse, Problem> {
    credentials.change_password(&caller, &request.current_password, &request.new_password).await?;
    Ok(HttpResponse::NoContent().finish())
}
