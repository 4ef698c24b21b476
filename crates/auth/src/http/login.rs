use actix_web::web;
use core_http::{ClientInfo, Json, LimitClass, Operation, Problem};
use core_kernel::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::SignInBody;
use super::signed_in::{SessionMode, SignedIn};
use crate::{Device, Sessions, codes};

/// Address and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LoginRequest {
    /// The address of the account.
    #[schema(example = "ada@example.com", format = "email")]
    email: String,
    /// Its password.
    password: Secret,
    /// `cookie` for pages: the session is kept by a cookie that no script can read, also over the second factor.
    #[serde(default)]
    session: SessionMode,
}

pub(super) fn operation() -> Operation {
    Operation::post("/login", handle)
        .id("login")
        .summary("Sign in with a password")
        .describe("An unknown address answers like a wrong password and takes as long. Where an authenticator app is in use the answer is `mfa`: give the code at POST /auth/mfa/verify. With `session: cookie` the step that ends the sign-in sets the session cookie and answers `csrf_token`.")
        .public()
        .limit(LimitClass::Login)
        .body::<LoginRequest>()
        .answers::<SignInBody>(200, "Signed in, or asked for the second factor")
        .secret_answer()
        .problems(&[
            &codes::INVALID_CREDENTIALS,
            &codes::SUSPENDED,
            &codes::EMAIL_NOT_VERIFIED,
            &codes::TOO_MANY_TRIES,
            &codes::LOCKED,
            &codes::BUSY,
        ])
}

async fn handle(
    sessions: web::Data<dyn Sessions>,
    client: ClientInfo,
    Json(request): Json<LoginRequest>,
) -> Result<SignedIn, Problem> {
    let device = Device::from_user_agent(client.user_agent.as_deref()).by_cookie(request.session.by_cookie());
    Ok(SignedIn::Step(sessions.login(&request.email, &request.password, device).await?))
}
