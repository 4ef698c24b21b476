use actix_web::body::BoxBody;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, Responder, ResponseError};
use core_http::{Problem, SessionCookie};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::{AccessTokenBody, SignInBody, TokensBody};
use crate::{AccessToken, CookieSession, SignIn, Tokens};

/// How the client keeps the session that a sign-in ends with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SessionMode {
    /// By the tokens in the answer.
    #[default]
    Tokens,
    /// By a cookie that no script can read; the answer holds a CSRF token for writes.
    Cookie,
}

impl SessionMode {
    pub(crate) fn by_cookie(self) -> bool {
        self == Self::Cookie
    }
}

/// What a page needs to know of a session that is kept by a cookie.
#[derive(Serialize, ToSchema)]
pub(crate) struct CookieBody {
    /// Send it as `X-CSRF-Token` with every method but GET, HEAD and OPTIONS. GET /auth/csrf gives it again.
    csrf_token: String,
    /// The session ends after so many seconds without use.
    expires_in: u64,
}

impl From<&CookieSession> for CookieBody {
    fn from(session: &CookieSession) -> Self {
        Self { csrf_token: session.csrf_token.expose().to_owned(), expires_in: session.expires_in }
    }
}

/// What a session is kept by: tokens, or in cookie mode the CSRF token.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum SessionSecretsBody {
    /// Tokens.
    Tokens(TokensBody),
    /// In cookie mode.
    Cookie(CookieBody),
}

impl From<Tokens> for SessionSecretsBody {
    fn from(tokens: Tokens) -> Self {
        match &tokens.cookie {
            Some(session) => Self::Cookie(session.into()),
            None => Self::Tokens(tokens.into()),
        }
    }
}

impl From<AccessToken> for FreshSecretBody {
    fn from(token: AccessToken) -> Self {
        match &token.cookie {
            Some(session) => Self::Cookie(session.into()),
            None => Self::Token(token.into()),
        }
    }
}

/// A fresh access token, or in cookie mode a fresh cookie's CSRF token.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum FreshSecretBody {
    /// An access token.
    Token(AccessTokenBody),
    /// In cookie mode.
    Cookie(CookieBody),
}

/// An answer that may begin a session or renew what it is kept by. In cookie mode it sets the cookie and shows no other secret.
pub(crate) enum SignedIn {
    Step(SignIn),
    Tokens(Tokens),
    Fresh(AccessToken),
    Cookie(CookieSession),
}

impl Responder for SignedIn {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        self.answer(request).unwrap_or_else(|problem| problem.error_response())
    }
}

impl SignedIn {
    fn answer(self, request: &HttpRequest) -> Result<HttpResponse, Problem> {
        let mut answer = HttpResponse::Ok();
        if let Some(session) = self.cookie() {
            let set = SessionCookie::of(request)?.keep(&session.cookie, session.ends_in)?;
            answer.insert_header((header::SET_COOKIE, set));
        }
        Ok(match self {
            Self::Step(step) => answer.json(SignInBody::from(step)),
            Self::Tokens(tokens) => answer.json(SessionSecretsBody::from(tokens)),
            Self::Fresh(token) => answer.json(FreshSecretBody::from(token)),
            Self::Cookie(session) => answer.json(SessionSecretsBody::Cookie((&session).into())),
        })
    }

    fn cookie(&self) -> Option<&CookieSession> {
        match self {
            Self::Step(SignIn::Done(tokens)) | Self::Tokens(tokens) => tokens.cookie.as_ref(),
            Self::Step(SignIn::SecondFactor(_)) => None,
            Self::Fresh(token) => token.cookie.as_ref(),
            Self::Cookie(session) => Some(session),
        }
    }
}

/// 204 for the end of a session; a browser that came by the cookie forgets it.
pub(crate) fn signed_out(cookie: &SessionCookie) -> Result<HttpResponse, Problem> {
    let mut answer = HttpResponse::NoContent();
    if cookie.is_presented() {
        answer.insert_header((header::SET_COOKIE, cookie.forget()?));
    }
    Ok(answer.finish())
}
