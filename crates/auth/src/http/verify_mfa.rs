use actix_web::web;
use core_http::{Json, LimitClass, Operation, Problem};
use core_kernel::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use super::signed_in::{SessionSecretsBody, SignedIn};
use crate::{SecondFactor, SecondProof, codes};

/// The second factor.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct VerifyMfaRequest {
    /// The token that sign-in answered.
    token: Secret,
    method: MfaMethod,
    /// Six digits of the app, or a recovery code.
    code: Secret,
}

/// What the code is.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum MfaMethod {
    Totp,
    RecoveryCode,
}

pub(super) fn operation() -> Operation {
    Operation::post("/mfa/verify", handle)
        .id("verify_mfa")
        .summary("Give the second factor and sign in")
        .describe("The token works once, for five minutes and five tries. After five wrong codes for an account one has to wait.")
        .public()
        .limit(LimitClass::Login)
        .body::<VerifyMfaRequest>()
        .answers::<SessionSecretsBody>(200, "Signed in")
        .secret_answer()
        .problems(&[&codes::WRONG_CODE, &codes::INVALID_MFA_TOKEN, &codes::TOO_MANY_TRIES, &codes::SUSPENDED])
}

async fn handle(factors: web::Data<dyn SecondFactor>, Json(request): Json<VerifyMfaRequest>) -> Result<SignedIn, Problem> {
    let proof = match request.method {
        MfaMethod::Totp => SecondProof::Totp(request.code),
        MfaMethod::RecoveryCode => SecondProof::RecoveryCode(request.code),
    };
    Ok(SignedIn::Tokens(factors.verify(&request.token, &proof).await?))
}
