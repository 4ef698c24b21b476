use async_trait::async_trait;
use core_kernel::{Actor, Secret};

use super::SignIn;
use crate::AuthError;
use crate::model::{Device, IdentityId, LinkedIdentity};

/// A provider that people can sign in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OauthProvider {
    /// Its name in paths.
    pub name: String,
    /// Its name for people.
    pub label: String,
}

/// What a sign-in elsewhere begins with.
#[derive(Clone, Debug)]
pub struct OauthStart {
    /// Where the browser comes back to at the end; one that the settings list.
    pub redirect_uri: String,
    /// The base64url SHA-256 of what the client will give at the end (RFC 7636): so nobody else can use the result.
    pub code_challenge: String,
}

/// What the browser brings back from a provider.
#[derive(Clone, Debug, Default)]
pub struct OauthReturn {
    /// Which sign-in it belongs to.
    pub state: Option<String>,
    /// What the provider wants exchanged.
    pub code: Option<Secret>,
    /// Why there is none.
    pub error: Option<String>,
    /// Who says so (RFC 9207).
    pub iss: Option<String>,
}

/// Signing in with an account elsewhere. The callback changes nothing: what was learned takes effect at the exchange, for whoever
/// began.
#[async_trait]
pub trait Oauth: Send + Sync {
    /// The providers of this server.
    fn providers(&self) -> Vec<OauthProvider>;
    /// Where the browser has to go. `link_to` adds the identity to that person instead of signing in.
    async fn start(&self, link_to: Option<&Actor>, provider: &str, start: OauthStart) -> Result<String, AuthError>;
    /// Takes what the browser brought back and tells where it goes from here: always to the address that `start` was given.
    async fn callback(&self, provider: &str, returned: OauthReturn) -> Result<String, AuthError>;
    /// Ends the sign-in.
    async fn exchange(&self, code: &Secret, verifier: &Secret, device: Device) -> Result<SignIn, AuthError>;
}

/// The identities elsewhere by which somebody signs in.
#[async_trait]
pub trait Identities: Send + Sync {
    /// The caller's.
    async fn list(&self, actor: &Actor) -> Result<Vec<LinkedIdentity>, AuthError>;
    /// Removes one of them, unless the caller would have no way in any more.
    async fn unlink(&self, actor: &Actor, id: IdentityId) -> Result<(), AuthError>;
}
