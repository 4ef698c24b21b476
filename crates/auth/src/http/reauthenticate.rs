use actix_web::web;
use core_http::{Caller, Json, LimitClass, Operation, Problem};
use core_kernel::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::AccessTokenBody;
use crate::{Credentials, codes, permissions};

/// What the caller proves themselves with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReauthenticateRequest {
    /// The caller's password.
    password: Secret,
}

pub(super) fn operation() -> Operation {
    Operation::post("/reauthenticate", handle)
        .id("reauthenticate")
        .summary("Prove again who you are")
        .describe("Dangerous operations ask for a recent login. The session stays the same; its refresh token too.")
        .requires(&permissions::SELF)
        .limit(LimitClass::Login)
        .body::<ReauthenticateRequest>()
        .answers::<AccessTokenBody>(200, "A fresh access token of the same session")
        .secret_answer()
        .problems(&[&codes::WRONG_PASSWORD, &codes::PERSON_NEEDED, &codes::SESSION_ENDED, &codes::BUSY])
}

async fn handle(
    caller: Caller,
    credentials: web::Data<dyn Credentials>,
    Json(request): Json<ReauthenticateRequest>,
) -> Result<Json<AccessTokenBody>, Problem> {
    Ok(Json(credentials.reauthenticate(&caller, &request.password).await?.into()))
}
