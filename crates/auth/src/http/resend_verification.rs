use actix_web::{HttpResponse, web};
use core_http::{Json, LimitClass, Operation, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::AcceptedBody;
use crate::Recovery;

/// Where the link goes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ResendRequest {
    /// The address of the account. A text that is no address is answered like one without an account.
    email: String,
}

pub(super) fn operation() -> Operation {
    Operation::post("/verify-email/resend", handle)
        .id("resend_verification")
        .summary("Send another link to confirm the address")
        .describe("The answer is the same whether or not the address has an account that needs one.")
        .public()
        .limit(LimitClass::Login)
        .body::<ResendRequest>()
        .answers::<AcceptedBody>(202, "If the address needs a link, it is on its way")
}

async fn handle(recovery: web::Data<dyn Recovery>, Json(request): Json<ResendRequest>) -> Result<HttpResponse, Problem> {
    recovery.resend_verification(&request.email).await?;
    Ok(HttpResponse::Accepted().json(AcceptedBody::check_mail()))
}
