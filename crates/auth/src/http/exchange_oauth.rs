use actix_web::web;
use core_http::{ClientInfo, Json, LimitClass, Operation, Problem};
use core_kernel::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::SignInBody;
use super::signed_in::{SessionMode, SignedIn};
use crate::{Device, Oauth, codes};

/// The end of a sign-in with a provider.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ExchangeOauthRequest {
    /// What the browser came back with.
    code: Secret,
    /// The secret whose SHA-256 the sign-in began with.
    code_verifier: Secret,
    /// `cookie` for pages: the session is kept by a cookie that no script can read, also over the second factor.
    #[serde(default)]
    session: SessionMode,
}

pub(super) fn operation() -> Operation {
    Operation::post("/oauth/exchange", handle)
        .id("exchange_oauth")
        .summary("End a sign-in with a provider")
        .describe("The code works once, within a minute, and with the right secret only. Where an authenticator app is in use the answer is `mfa`, as at POST /auth/login. After a link, too, the answer is that of a sign-in; the session that asked for the link goes on.")
        .public()
        .limit(LimitClass::Login)
        .body::<ExchangeOauthRequest>()
        .answers::<SignInBody>(200, "Signed in, or asked for the second factor")
        .secret_answer()
        .problems(&[
            &codes::INVALID_CODE,
            &codes::LINK_REQUIRED,
            &codes::IDENTITY_TAKEN,
            &codes::REGISTRATION_CLOSED,
            &codes::SUSPENDED,
            &codes::EMAIL_NOT_VERIFIED,
            &codes::PROVIDER_EMAIL_UNVERIFIED,
            &codes::SESSION_ENDED,
        ])
}

async fn handle(
    oauth: web::Data<dyn Oauth>,
    client: ClientInfo,
    Json(request): Json<ExchangeOauthRequest>,
) -> Result<SignedIn, Problem> {
    let device = Device::from_user_agent(client.user_agent.as_deref()).by_cookie(request.session.by_cookie());
    Ok(SignedIn::Step(oauth.exchange(&request.code, &request.code_verifier, device).await?))
}
