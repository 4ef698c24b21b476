use actix_web::web;
use core_http::{Json, LimitClass, Operation, Problem};
use core_kernel::{FieldError, Secret};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::signed_in::{SessionSecretsBody, SignedIn};
use crate::{AuthError, SecondFactor, SecondProof, codes};

/// The second factor.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct VerifyMfaRequest {
    /// The token that sign-in answered.
    token: Secret,
    method: MfaMethod,
    /// Six digits of the app, or a recovery code.
    #[serde(default)]
    code: Option<Secret>,
    /// For `passkey`: what `navigator.credentials.get` gave, as `toJSON()` writes it.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    credential: Option<Value>,
}

/// What is given.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum MfaMethod {
    Totp,
    RecoveryCode,
    Passkey,
}

impl VerifyMfaRequest {
    fn proof(&mut self) -> Result<SecondProof, AuthError> {
        let proof = match (self.method, self.code.take(), self.credential.take()) {
            (MfaMethod::Totp, Some(code), None) => SecondProof::Totp(code),
            (MfaMethod::RecoveryCode, Some(code), None) => SecondProof::RecoveryCode(code),
            (MfaMethod::Passkey, None, Some(credential)) => SecondProof::Passkey(credential),
            (MfaMethod::Passkey, _, _) => return Err(fault("/credential", "a passkey's answer, and no code")),
            _ => return Err(fault("/code", "a code, and no credential")),
        };
        Ok(proof)
    }
}

fn fault(pointer: &str, expected: &'static str) -> AuthError {
    AuthError::Invalid(vec![FieldError::new(pointer, "one_of", expected)])
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
        .problems(&[
            &codes::WRONG_CODE,
            &codes::INVALID_PASSKEY,
            &codes::INVALID,
            &codes::INVALID_MFA_TOKEN,
            &codes::TOO_MANY_TRIES,
            &codes::SUSPENDED,
        ])
}

async fn handle(factors: web::Data<dyn SecondFactor>, Json(mut request): Json<VerifyMfaRequest>) -> Result<SignedIn, Problem> {
    let proof = request.proof()?;
    Ok(SignedIn::Tokens(factors.verify(&request.token, &proof).await?))
}
