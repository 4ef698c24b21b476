use actix_web::{HttpResponse, web};
use core_http::{Json, LimitClass, Operation, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::AcceptedBody;
use crate::Recovery;

/// Where the link goes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ForgotRequest {
    /// The address of the account. A text that is no address is answered like one without an account.
    email: String,
}

pub(super) fn operation() -> Operation {
    Operation::post("/password/forgot", handle)
        .id("forgot_password")
        .summary("Send a link to choose a new password")
        .describe("The answer is the same whether or not the address has an account.")
        .public()
        .limit(LimitClass::Login)
        .body::<ForgotRequest>()
        .answers::<AcceptedBody>(202, "If the address has an account, a link is on its way")
}

async fn handle(recovery: web::Data<dyn Recovery>, Json(request): Json<ForgotRequest>) -> Result<HttpResponse, Problem> {
    recovery.forgot_password(&request.email).await?;
    Ok(HttpResponse::Accepted().json(AcceptedBody::check_mail()))
}
