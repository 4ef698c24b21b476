use actix_web::web;
use core_http::{ClientInfo, Json, LimitClass, Operation, Problem};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::signed_in::{SessionMode, SessionSecretsBody, SignedIn};
use crate::{Device, Passkeys, codes};

/// The answer of a passkey.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FinishLoginRequest {
    /// What `navigator.credentials.get` gave, as `toJSON()` writes it (`AuthenticationResponseJSON`).
    #[schema(value_type = Object)]
    credential: Value,
    /// `cookie` for pages: the session is kept by a cookie that no script can read.
    #[serde(default)]
    session: SessionMode,
}

pub(super) fn operation() -> Operation {
    Operation::post("/passkeys/login/finish", handle)
        .id("finish_passkey_login")
        .summary("Sign in with a passkey")
        .describe("Its device has checked who uses it, so no second factor is asked for.")
        .public()
        .limit(LimitClass::Login)
        .body::<FinishLoginRequest>()
        .answers::<SessionSecretsBody>(200, "Signed in")
        .secret_answer()
        .problems(&[
            &codes::INVALID_PASSKEY,
            &codes::CEREMONY_OVER,
            &codes::INVALID,
            &codes::SUSPENDED,
            &codes::EMAIL_NOT_VERIFIED,
            &codes::PASSKEYS_NOT_CONFIGURED,
        ])
}

async fn handle(
    passkeys: web::Data<dyn Passkeys>,
    client: ClientInfo,
    Json(request): Json<FinishLoginRequest>,
) -> Result<SignedIn, Problem> {
    let device = Device::from_user_agent(client.user_agent.as_deref()).by_cookie(request.session.by_cookie());
    Ok(SignedIn::Tokens(passkeys.sign_in(&request.credential, device).await?))
}
