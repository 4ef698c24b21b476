use actix_web::web;
use core_http::{Caller, Json, LimitClass, Operation, Problem};
use core_kernel::{FieldError, Secret};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::signed_in::{FreshSecretBody, SignedIn};
use crate::{AuthError, Credentials, Proof, codes, permissions};

/// What the caller proves themselves with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReauthenticateRequest {
    /// The caller's password; or else `code` or `credential`.
    #[serde(default)]
    password: Option<Secret>,
    /// A code of the caller's authenticator app; or else the others.
    #[serde(default)]
    code: Option<Secret>,
    /// What a passkey of the caller answered to POST /auth/passkeys/reauthenticate/start; or else the others.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    credential: Option<Value>,
}

pub(super) fn operation() -> Operation {
    Operation::post("/reauthenticate", handle)
        .id("reauthenticate")
        .summary("Prove again who you are")
        .describe("Dangerous operations ask for a recent login. The session stays the same; its refresh token too. In cookie mode the cookie is replaced.")
        .requires(&permissions::SELF)
        .limit(LimitClass::Login)
        .body::<ReauthenticateRequest>()
        .answers::<FreshSecretBody>(200, "A fresh access token of the same session, or a fresh cookie")
        .secret_answer()
        .problems(&[
            &codes::WRONG_PASSWORD,
            &codes::PERSON_NEEDED,
            &codes::SESSION_ENDED,
            &codes::INVALID,
            &codes::CEREMONY_OVER,
            &codes::TOO_MANY_TRIES,
            &codes::LOCKED,
            &codes::BUSY,
        ])
}

async fn handle(
    caller: Caller,
    credentials: web::Data<dyn Credentials>,
    Json(request): Json<ReauthenticateRequest>,
) -> Result<SignedIn, Problem> {
    let proof = match (request.password, request.code, request.credential) {
        (Some(password), None, None) => Proof::Password(password),
        (None, Some(code), None) => Proof::Totp(code),
        (None, None, Some(credential)) => Proof::Passkey(credential),
        _ => {
            let fault = FieldError::new("/password", "one_of", "one of password, code and credential");
            return Err(AuthError::Invalid(vec![fault]).into());
        }
    };
    Ok(SignedIn::Fresh(credentials.reauthenticate(&caller, &proof).await?))
}
