use actix_web::web;
use core_http::{ClientInfo, Json, LimitClass, Operation, Problem};
use core_kernel::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::SignInBody;
use super::signed_in::{SessionMode, SignedIn};
use crate::{Device, MagicLinks, codes};

/// The code of the link in the mail.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConsumeRequest {
    /// What follows `#token=` in the link.
    token: Secret,
    /// `cookie` for pages: the session is kept by a cookie that no script can read, also over the second factor.
    #[serde(default)]
    session: SessionMode,
}

pub(super) fn operation() -> Operation {
    Operation::post("/magic-link/consume", handle)
        .id("consume_magic_link")
        .summary("Sign in with a link from a mail")
        .describe("Verifies the address. Where an authenticator app is in use the answer is `mfa`: give the code at POST /auth/mfa/verify.")
        .public()
        .limit(LimitClass::Login)
        .body::<ConsumeRequest>()
        .answers::<SignInBody>(200, "Signed in, or asked for the second factor")
        .secret_answer()
        .problems(&[&codes::INVALID_CODE, &codes::SUSPENDED])
}

async fn handle(
    links: web::Data<dyn MagicLinks>,
    client: ClientInfo,
    Json(request): Json<ConsumeRequest>,
) -> Result<SignedIn, Problem> {
    let device = Device::from_user_agent(client.user_agent.as_deref()).by_cookie(request.session.by_cookie());
    Ok(SignedIn::Step(links.consume(&request.token, device).await?))
}
