use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use core_kernel::{PortError, UserId};
use serde_json::{Map, Value};

use crate::AuthError;
use crate::model::SessionId;

/// The most bytes that a product's own claims take in a token, as JSON. Tokens go with every request.
pub const MAX_OWN_CLAIMS: usize = 1024;

/// The claims that only this crate writes.
const RESERVED: [&str; 12] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "sid", "auth_time", "amr", "act", "cnf"];

/// What a product changes about identity without a fork. The default changes nothing.
#[derive(Clone)]
pub struct Policies {
    /// Who may make an account.
    pub registration: Arc<dyn RegistrationPolicy>,
    /// What access tokens say beside the usual.
    pub token_claims: Arc<dyn TokenClaims>,
}

impl Default for Policies {
    fn default() -> Self {
        Self { registration: Arc::new(NoFurtherRule), token_claims: Arc::new(NoFurtherClaims) }
    }
}

impl fmt::Debug for Policies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policies").finish_non_exhaustive()
    }
}

/// Somebody who asks for an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applicant {
    /// The address in its canonical form; not proved unless `invited` or `provider` says by whom.
    pub email: String,
    /// How they want to be called.
    pub display_name: Option<String>,
    /// True with the token of an open invitation to this address.
    pub invited: bool,
    /// The provider that vouches for the address, where they come by one.
    pub provider: Option<String>,
}

/// A product's own rule on who may make an account, such as allowed domains or a waiting list. It is asked for every account that
/// somebody makes for themselves, after the setting `auth.registration`, and before it is known whether the address is taken; never
/// for accounts that administrators make, nor for the first administrator.
#[async_trait]
pub trait RegistrationPolicy: Send + Sync {
    /// Allows it, or says why not. The reason is shown to the applicant.
    async fn check(&self, applicant: &Applicant) -> Result<Verdict, PortError>;
}

/// What a [`RegistrationPolicy`] answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Allowed,
    /// No account; the reason is for the applicant.
    Refused(String),
}

/// Whom an access token is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSubject {
    /// The person.
    pub user: UserId,
    /// Their session.
    pub session: SessionId,
    /// How they proved who they are (RFC 8176).
    pub amr: Vec<String>,
    /// The administrator who acts in their place.
    pub impersonator: Option<UserId>,
}

/// A product's own claims in access tokens, such as a tariff, for services that verify tokens with the published keys. They are
/// read with every new token, so they are as old as the token at most. Cookies carry none.
#[async_trait]
pub trait TokenClaims: Send + Sync {
    /// The claims; names of the server's own, or more than [`MAX_OWN_CLAIMS`], fail the sign-in as a fault of the product.
    async fn claims(&self, subject: &TokenSubject) -> Result<Map<String, Value>, PortError>;
}

struct NoFurtherRule;

#[async_trait]
impl RegistrationPolicy for NoFurtherRule {
    async fn check(&self, _applicant: &Applicant) -> Result<Verdict, PortError> {
        Ok(Verdict::Allowed)
    }
}

struct NoFurtherClaims;

#[async_trait]
impl TokenClaims for NoFurtherClaims {
    async fn claims(&self, _subject: &TokenSubject) -> Result<Map<String, Value>, PortError> {
        Ok(Map::new())
    }
}

impl Policies {
    /// Refuses an applicant whom the product's rule refuses.
    pub(crate) async fn require_allowed(&self, applicant: &Applicant) -> Result<(), AuthError> {
        match self.registration.check(applicant).await? {
            Verdict::Allowed => Ok(()),
            Verdict::Refused(reason) => Err(AuthError::RegistrationRefused(reason)),
        }
    }

    /// The product's claims, checked.
    pub(crate) async fn claims(&self, subject: &TokenSubject) -> Result<Map<String, Value>, AuthError> {
        let claims = self.token_claims.claims(subject).await?;
        if let Some(name) = RESERVED.iter().find(|name| claims.contains_key(**name)) {
            return Err(AuthError::Internal(format!("TokenClaims gave `{name}`, which is the server's own claim")));
        }
        let size = if claims.is_empty() { 0 } else { serde_json::json!(claims).to_string().len() };
        if size > MAX_OWN_CLAIMS {
            return Err(AuthError::Internal(format!("TokenClaims gave {size} bytes, more than {MAX_OWN_CLAIMS}")));
        }
        Ok(claims)
    }
}
