use core_kernel::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::signed_in::CookieBody;
use crate::{AccessToken, Account, Challenge, PasswordAdvice, SignIn, Tokens};

/// The tokens of a session.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokensBody {
    /// A JWT; send it as `Authorization: Bearer`.
    access_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// Seconds until the access token ends.
    expires_in: u64,
    /// Exchange it once at POST /auth/refresh.
    refresh_token: String,
}

impl From<Tokens> for TokensBody {
    fn from(tokens: Tokens) -> Self {
        Self {
            access_token: tokens.access_token,
            token_type: "Bearer",
            expires_in: tokens.expires_in,
            refresh_token: tokens.refresh_token,
        }
    }
}

/// How a sign-in goes on.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum SignInBody {
    /// Signed in.
    Done(TokensBody),
    /// Signed in, in cookie mode.
    Cookie(CookieBody),
    /// A second factor is asked for.
    SecondFactor { mfa: ChallengeBody },
}

/// The question for a second factor.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChallengeBody {
    /// What the second factor is to come with, at POST /auth/mfa/verify.
    token: String,
    /// `totp`, `recovery_code` and, where there is one, `passkey`.
    methods: Vec<&'static str>,
    /// Seconds until the token ends.
    expires_in: u64,
    /// What a passkey is asked for: the options of `navigator.credentials.get` as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    public_key: Option<serde_json::Value>,
}

impl From<SignIn> for SignInBody {
    fn from(sign_in: SignIn) -> Self {
        match sign_in {
            SignIn::Done(Tokens { cookie: Some(session), .. }) => Self::Cookie((&session).into()),
            SignIn::Done(tokens) => Self::Done(tokens.into()),
            SignIn::SecondFactor(Challenge { token, methods, expires_in, passkey }) => {
                let token = token.expose().to_owned();
                Self::SecondFactor { mfa: ChallengeBody { token, methods, expires_in, public_key: passkey } }
            }
        }
    }
}

/// A fresh access token; the refresh token of its session stays as it is.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccessTokenBody {
    /// A JWT; send it as `Authorization: Bearer`.
    access_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// Seconds until it ends.
    expires_in: u64,
}

impl From<AccessToken> for AccessTokenBody {
    fn from(token: AccessToken) -> Self {
        Self { access_token: token.access_token, token_type: "Bearer", expires_in: token.expires_in }
    }
}

/// A person, as registration shows them.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserBody {
    id: Uuid,
    email: String,
    display_name: Option<String>,
    email_verified: bool,
    created_at: Timestamp,
}

impl From<&Account> for UserBody {
    fn from(account: &Account) -> Self {
        Self {
            id: account.id.get(),
            email: account.email.as_str().to_owned(),
            display_name: account.display_name.clone(),
            email_verified: account.email_verified_at.is_some(),
            created_at: account.created_at,
        }
    }
}

/// A person who is signed in from now on.
#[derive(Serialize, ToSchema)]
pub(crate) struct SignedInBody {
    user: UserBody,
    tokens: TokensBody,
    /// An estimate of the password's strength. Advice only; left out when there was no time for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    password_advice: Option<PasswordAdviceBody>,
}

/// What an estimate says about a password.
#[derive(Serialize, ToSchema)]
struct PasswordAdviceBody {
    /// 0 (guessed at once) to 4 (very hard to guess).
    #[schema(minimum = 0, maximum = 4)]
    score: u8,
    /// What is weak about it.
    warning: Option<String>,
    /// What would make it stronger.
    suggestions: Vec<String>,
}

impl From<PasswordAdvice> for PasswordAdviceBody {
    fn from(PasswordAdvice { score, warning, suggestions }: PasswordAdvice) -> Self {
        Self { score, warning, suggestions }
    }
}

impl SignedInBody {
    pub(crate) fn new(account: &Account, tokens: Tokens, advice: Option<PasswordAdvice>) -> Self {
        Self { user: account.into(), tokens: tokens.into(), password_advice: advice.map(Into::into) }
    }
}

/// The request is taken; what follows comes by mail.
#[derive(Serialize, ToSchema)]
pub(crate) struct AcceptedBody {
    status: &'static str,
}

impl AcceptedBody {
    pub(crate) const fn check_mail() -> Self {
        Self { status: "check_mail" }
    }
}
