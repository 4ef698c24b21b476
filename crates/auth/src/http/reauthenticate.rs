use actix_web::web;
use core_http::{Caller, Json, LimitClass, Operation, Problem};
use core_kernel::{FieldError, Secret};
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::AccessTokenBody;
use crate::{AuthError, Credentials, Proof, codes, permissions};

/// What the caller proves themselves with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReauthenticateRequest {
    /// The caller's password; or else `code`.
    #[serde(default)]
    password: Option<Secret>,
    /// A code of the caller's authenticator app; or else `password`.
    #[serde(default)]
    code: Option<Secret>,
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
        .problems(&[
            &codes::WRONG_PASSWORD,
            &codes::PERSON_NEEDED,
            &codes::SESSION_ENDED,
            &codes::INVALID,
            &codes::TOO_MANY_TRIES,
            &codes::LOCKED,
            &codes::BUSY,
        ])
}

async fn handle(
    caller: Caller,
    credentials: web::Data<dyn Credentials>,
    Json(request): Json<ReauthenticateRequest>,
) -> Result<Json<AccessTokenBody>, Problem> {
    let proof = match (request.password, request.code) {
        (Some(password), None) => Proof::Password(password),
        (None, Some(code)) => Proof::Totp(code),
        _ => {
            let fault = FieldError::new("/password", "one_of", "either password or code");
            return Err(AuthError::Invalid(vec![fault]).into());
        }
    };
    Ok(Json(credentials.reauthenticate(&caller, &proof).await?.into()))
}
