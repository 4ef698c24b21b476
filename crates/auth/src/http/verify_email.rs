use actix_web::{HttpResponse, web};
use core_http::{Json, LimitClass, Operation, Problem};
use core_kernel::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{Recovery, codes};

/// The code of the link in the mail.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct VerifyEmailRequest {
    /// What follows `#token=` in the link.
    token: Secret,
}

pub(super) fn operation() -> Operation {
    Operation::post("/verify-email", handle)
        .id("verify_email")
        .summary("Confirm the address that a link was sent to")
        .public()
        .limit(LimitClass::Login)
        .body::<VerifyEmailRequest>()
        .no_content()
        .problems(&[&codes::INVALID_CODE])
}

async fn handle(recovery: web::Data<dyn Recovery>, Json(request): Json<VerifyEmailRequest>) -> Result<HttpResponse, Problem> {
    recovery.verify_email(&request.token).await?;
    Ok(HttpResponse::NoContent().finish())
}
