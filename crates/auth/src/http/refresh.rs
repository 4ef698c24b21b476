use actix_web::{FromRequest, HttpRequest, web};
use core_http::{Caller, Json, LimitClass, Operation, Problem, SessionCookie};
use core_kernel::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use super::signed_in::{SessionSecretsBody, SignedIn};
use crate::{CookieSessions, Sessions, codes};

/// The latest refresh token of a session.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RefreshRequest {
    /// Works once; the answer holds the next one. Left out in cookie mode, where the cookie says which session it is.
    #[serde(default)]
    refresh_token: Option<Secret>,
}

pub(super) fn operation() -> Operation {
    Operation::post("/refresh", handle)
        .id("refresh")
        .summary("Exchange a refresh token for fresh tokens")
        .describe("A refresh token works once. Used again, it ends its session; only if the answer to it was lost, the same request gives the same successor for a few seconds. In cookie mode the session goes on as if it had just been used, and the cookie with it.")
        .public()
        .limit(LimitClass::Public)
        .body::<RefreshRequest>()
        .answers::<SessionSecretsBody>(200, "Fresh tokens")
        .secret_answer()
        .problems(&[&codes::INVALID_REFRESH_TOKEN, &codes::SESSION_ENDED, &codes::INVALID_COOKIE, &core_http::codes::CSRF, &core_http::codes::FOREIGN_PAGE])
}

async fn handle(
    http: HttpRequest,
    sessions: web::Data<dyn Sessions>,
    cookies: web::Data<dyn CookieSessions>,
    Json(request): Json<RefreshRequest>,
) -> Result<SignedIn, Problem> {
    if let Some(token) = request.refresh_token {
        return Ok(SignedIn::Tokens(sessions.refresh(&token).await?));
    }
    if !SessionCookie::of(&http)?.is_presented() {
        return Err(Problem::invalid("/refresh_token", "missing", "a refresh token, where there is no session cookie"));
    }
    // Looked at no earlier: with a refresh token, an access token that has run out may come along.
    let caller = Caller::extract(&http).await?;
    Ok(SignedIn::Cookie(cookies.of_caller(&caller).await?))
}
