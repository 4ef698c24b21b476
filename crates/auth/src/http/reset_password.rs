use actix_web::{HttpResponse, web};
use core_http::{Json, LimitClass, Operation, Problem};
use core_kernel::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{Recovery, codes};

/// The code of the link in the mail, and the new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ResetRequest {
    /// What follows `#token=` in the link.
    token: Secret,
    /// 15 to 128 characters.
    #[schema(min_length = 15, max_length = 128)]
    password: Secret,
}

pub(super) fn operation() -> Operation {
    Operation::post("/password/reset", handle)
        .id("reset_password")
        .summary("Choose a new password with a link")
        .describe("Ends every session of the account.")
        .public()
        .limit(LimitClass::Login)
        .body::<ResetRequest>()
        .no_content()
        .problems(&[&codes::INVALID_CODE, &codes::INVALID, &codes::LEAK_CHECK_UNAVAILABLE, &codes::BUSY])
}

async fn handle(recovery: web::Data<dyn Recovery>, Json(request): Json<ResetRequest>) -> Result<HttpResponse, Problem> {
    recovery.reset_password(&request.token, &request.password).await?;
    Ok(HttpResponse::NoContent().finish())
}
