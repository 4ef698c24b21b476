mod cookies;
mod email_changes;
mod impersonation;
mod magic_links;
mod oauth;
mod passkeys;
mod signing_keys;

pub use cookies::CookieSessions;
pub use passkeys::{Ceremony, Passkeys};

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use core_db::AuditRow;
use core_kernel::{Actor, Page, PageRequest, Permission, Secret, Timestamp, UserId};

use crate::AuthError;
use crate::advice::PasswordAdvice;
use crate::key_snapshot::KeyIdentity;
use crate::model::{AccessToken, Account, ApiKey, ApiKeyId, Device, Role, Session, SessionId, Tokens};
use crate::snapshot::Identity;

pub use email_changes::{ChangeState, Decision, EmailChanges};
pub use impersonation::Impersonation;
pub use magic_links::MagicLinks;
pub use oauth::{Identities, Oauth, OauthProvider, OauthReturn, OauthStart};
pub use signing_keys::{Rotation, SigningKeys};

/// What somebody registers with.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The address, as typed.
    pub email: String,
    /// The password.
    pub password: Secret,
    /// How they want to be called.
    pub display_name: Option<String>,
    /// From where.
    pub device: Device,
    /// The token of an invitation, where they were invited.
    pub invitation: Option<Secret>,
}

/// How a registration ended.
#[derive(Clone, Debug)]
pub enum Registered {
    /// Signed in at once.
    SignedIn(Box<Account>, Tokens),
    /// A mail was sent; whether the address was free is not told.
    CheckMail,
}

/// How a sign-in goes on.
#[derive(Clone, Debug)]
pub enum SignIn {
    /// Signed in.
    Done(Tokens),
    /// A second factor is asked for.
    SecondFactor(Challenge),
}

impl SignIn {
    /// The tokens, unless a second factor is asked for.
    pub fn tokens(self) -> Option<Tokens> {
        match self {
            Self::Done(tokens) => Some(tokens),
            Self::SecondFactor(_) => None,
        }
    }
}

/// The question for a second factor.
#[derive(Clone, Debug)]
pub struct Challenge {
    /// What the second factor is to come with.
    pub token: Secret,
    /// What can be given.
    pub methods: Vec<&'static str>,
    /// Seconds.
    pub expires_in: u64,
    /// What a passkey is asked for, where there is one (WebAuthn request options).
    pub passkey: Option<serde_json::Value>,
}

/// What somebody proves again with who they are.
#[derive(Clone, Debug)]
pub enum Proof {
    /// Their password.
    Password(Secret),
    /// A code of their app.
    Totp(Secret),
    /// The answer of a passkey of theirs to [`Passkeys::begin_proof`].
    Passkey(serde_json::Value),
}

/// A second factor.
#[derive(Clone, Debug)]
pub enum SecondProof {
    /// A code of the app.
    Totp(Secret),
    /// A recovery code, however it is typed.
    RecoveryCode(Secret),
    /// The answer of a passkey to the question that came with the token.
    Passkey(serde_json::Value),
}

/// What an authenticator app needs.
#[derive(Clone, Debug)]
pub struct Enrollment {
    /// Base 32.
    pub secret: Secret,
    /// `otpauth://...`
    pub url: Secret,
    /// The address as a QR code.
    pub qr_svg: Secret,
}

/// Authenticator apps (RFC 6238) and recovery codes. Both are asked for after the first factor, whichever it was.
#[async_trait]
pub trait SecondFactor: Send + Sync {
    /// Makes a secret for an app. It is not asked for until [`SecondFactor::confirm`] has seen a code of it.
    async fn enroll(&self, actor: &Actor) -> Result<Enrollment, AuthError>;
    /// Puts the app to use; gives ten recovery codes.
    async fn confirm(&self, actor: &Actor, code: &Secret) -> Result<Vec<Secret>, AuthError>;
    /// Removes app and recovery codes.
    async fn remove(&self, actor: &Actor) -> Result<(), AuthError>;
    /// Ten new recovery codes; those of before end.
    async fn renew_recovery_codes(&self, actor: &Actor) -> Result<Vec<Secret>, AuthError>;
    /// Ends a sign-in that asked for a second factor.
    async fn verify(&self, token: &Secret, proof: &SecondProof) -> Result<Tokens, AuthError>;
}

/// Accounts: registration, the first administrator, what others need to know of a person.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Makes an account.
    async fn register(&self, registration: Registration) -> Result<Registered, AuthError>;
    /// A link code for the first administrator, valid for half an hour; `None` when there is one already. Earlier codes end.
    async fn claim_code(&self) -> Result<Option<Secret>, AuthError>;
    /// Makes the first administrator with such a code.
    async fn claim(&self, code: &Secret, registration: Registration) -> Result<(Account, Tokens), AuthError>;
    /// An estimate of a password's strength, given the address and the name that it belongs to; none when there is no time for it.
    async fn advise(&self, password: &Secret, email: &str, display_name: Option<&str>) -> Option<PasswordAdvice>;
    /// A person's account, closed ones included.
    async fn find(&self, user: UserId) -> Result<Option<Account>, AuthError>;
    /// The accounts of several people in one look; who is not there is left out.
    async fn find_many(&self, users: &[UserId]) -> Result<Vec<Account>, AuthError>;
    /// Ends every session of the caller and closes the account; erasure follows. Safe to repeat.
    async fn close(&self, user: UserId) -> Result<(), AuthError>;
}

/// Sessions and the tokens that stand for them.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Signs in with a password. An unknown address takes as long as a wrong password and answers the same.
    async fn login(&self, email: &str, password: &Secret, device: Device) -> Result<SignIn, AuthError>;
    /// Exchanges a refresh token for the next one. A token that was used before ends its session, unless the answer to it may
    /// just have been lost.
    async fn refresh(&self, refresh_token: &Secret) -> Result<Tokens, AuthError>;
    /// Tells the caller who they are; any signed-in caller with the right to see it.
    async fn who_am_i(&self, actor: &Actor) -> Result<Actor, AuthError>;
    /// Ends the session that the caller acts by.
    async fn logout(&self, actor: &Actor) -> Result<(), AuthError>;
    /// Ends all sessions of the caller.
    async fn logout_all(&self, actor: &Actor) -> Result<(), AuthError>;
    /// The caller's devices.
    async fn list(&self, actor: &Actor, request: &PageRequest) -> Result<Page<Session>, AuthError>;
    /// Ends one of the caller's sessions.
    async fn revoke(&self, actor: &Actor, session: SessionId) -> Result<(), AuthError>;
    /// Ends all sessions of somebody else; for administrators.
    async fn end_of(&self, actor: &Actor, user: UserId) -> Result<(), AuthError>;
    /// Who signs in with an access token. `authoritative` reads the database, whatever was read a moment ago.
    async fn identify(&self, access_token: &str, authoritative: bool) -> Result<Arc<Identity>, AuthError>;
    /// The public keys of access tokens as a JWK set (RFC 7517), serialised.
    fn jwks(&self) -> Arc<str>;
}

/// The ways back in, by mail. Every answer is the same for known and unknown addresses.
#[async_trait]
pub trait Recovery: Send + Sync {
    /// Sends another link to verify the address, if there is an account with it that needs one.
    async fn resend_verification(&self, email: &str) -> Result<(), AuthError>;
    /// Verifies the address that the code was sent to.
    async fn verify_email(&self, code: &Secret) -> Result<(), AuthError>;
    /// Sends a link to choose a new password, if there is an account.
    async fn forgot_password(&self, email: &str) -> Result<(), AuthError>;
    /// Sets a new password and ends every session.
    async fn reset_password(&self, code: &Secret, password: &Secret) -> Result<(), AuthError>;
}

/// What people prove themselves with. For the person alone: an API key or somebody in their place is refused.
#[async_trait]
pub trait Credentials: Send + Sync {
    /// Sets a new password, given the current one, and ends every other session; the address is told.
    async fn change_password(&self, actor: &Actor, current: &Secret, new: &Secret) -> Result<(), AuthError>;
    /// Proves again who the caller is: the login of their session is as recent as can be, and so is the access token.
    async fn reauthenticate(&self, actor: &Actor, proof: &Proof) -> Result<AccessToken, AuthError>;
}

/// What a new API key is made of.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    /// For people.
    pub name: String,
    /// Names of permissions that its maker has.
    pub scopes: Vec<String>,
    /// When it ends; none: after the time that the settings name.
    pub expires_at: Option<Timestamp>,
}

/// What to change of an API key; none: stays.
#[derive(Clone, Debug, Default)]
pub struct ApiKeyChange {
    /// For people.
    pub name: Option<String>,
    /// Names of permissions that the caller has.
    pub scopes: Option<Vec<String>>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

/// Keys for programs. They belong to the space that the caller acts for: a person or an organisation.
#[async_trait]
pub trait ApiKeys: Send + Sync {
    /// Makes a key. Its text is given this once.
    async fn create(&self, actor: &Actor, new: NewApiKey) -> Result<(ApiKey, Secret), AuthError>;
    /// The keys of the space.
    async fn list(&self, actor: &Actor, request: &PageRequest) -> Result<Page<ApiKey>, AuthError>;
    /// One of them.
    async fn find(&self, actor: &Actor, id: ApiKeyId) -> Result<ApiKey, AuthError>;
    /// Changes a key, of that version where one is named.
    async fn update(&self, actor: &Actor, id: ApiKeyId, change: ApiKeyChange, version: Option<i64>) -> Result<ApiKey, AuthError>;
    /// Ends a key.
    async fn revoke(&self, actor: &Actor, id: ApiKeyId) -> Result<(), AuthError>;
    /// Gives a key a new text; the one of now goes on working for `overlap`, at most a week.
    async fn rotate(&self, actor: &Actor, id: ApiKeyId, overlap: Duration) -> Result<(ApiKey, Secret), AuthError>;
    /// Who is behind a key. `authoritative` reads the database, whatever was read a moment ago.
    async fn identify(&self, text: &str, authoritative: bool) -> Result<Arc<KeyIdentity>, AuthError>;
}

/// Roles: named sets of platform permissions. Nobody hands out or takes away what they do not have themselves, and the server
/// never loses its last administrator.
#[async_trait]
pub trait Roles: Send + Sync {
    /// Every permission of the server.
    async fn permissions(&self, actor: &Actor) -> Result<Vec<&'static Permission>, AuthError>;
    /// Every role.
    async fn list(&self, actor: &Actor) -> Result<Vec<Role>, AuthError>;
    /// Makes a role.
    async fn create(&self, actor: &Actor, name: &str, permissions: &[String]) -> Result<Role, AuthError>;
    /// Changes what a role allows, in that version where one is named.
    async fn update(&self, actor: &Actor, name: &str, permissions: &[String], version: Option<i64>) -> Result<Role, AuthError>;
    /// Removes a role that nobody has.
    async fn delete(&self, actor: &Actor, name: &str) -> Result<(), AuthError>;
    /// Gives somebody exactly these roles.
    async fn assign(&self, actor: &Actor, user: UserId, roles: &[String]) -> Result<Vec<String>, AuthError>;
}

/// What an administrator makes an account of.
#[derive(Clone, Debug)]
pub struct AccountDraft {
    /// The address; its owner gets a link to choose a password.
    pub email: String,
    /// How they are called.
    pub display_name: Option<String>,
}

/// Other people's accounts. Nobody reaches an account that has a platform right which they do not have themselves, and the server
/// never loses its last administrator.
#[async_trait]
pub trait Administration: Send + Sync {
    /// Makes an account without a password.
    async fn create(&self, actor: &Actor, draft: AccountDraft) -> Result<Account, AuthError>;
    /// Ends every session and refuses new ones, API keys included. Safe to repeat.
    async fn suspend(&self, actor: &Actor, user: UserId) -> Result<(), AuthError>;
    /// Takes a suspension back. Safe to repeat.
    async fn reactivate(&self, actor: &Actor, user: UserId) -> Result<(), AuthError>;
    /// Closes the account; erasure follows.
    async fn close(&self, actor: &Actor, user: UserId) -> Result<(), AuthError>;
}

/// Whose security events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditScope {
    /// Those of the space that the caller acts for.
    Own,
    /// Everybody's.
    All,
}

/// What has happened.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Security events, page by page.
    async fn events(&self, actor: &Actor, scope: AuditScope, request: &PageRequest) -> Result<Page<AuditRow>, AuthError>;
}
