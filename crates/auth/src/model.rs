use std::time::Duration;

use core_kernel::{Owner, Secret, Timestamp, UserId, typed_id};
use uuid::Uuid;

use crate::Email;

typed_id! {
    /// A sign-in on one device.
    SessionId
}

typed_id! {
    /// A passkey.
    PasskeyId
}

typed_id! {
    /// An API key.
    ApiKeyId
}

typed_id! {
    /// An identity elsewhere by which somebody signs in.
    IdentityId
}

/// Whether an account can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountStatus {
    /// Yes.
    Active,
    /// Not until an administrator says so.
    Suspended,
    /// Its person left; erasure is under way.
    Closed,
}

impl AccountStatus {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Closed => "closed",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Active, Self::Suspended, Self::Closed].into_iter().find(|status| status.as_str() == word)
    }
}

/// Who somebody is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Their id.
    pub id: UserId,
    /// Their address.
    pub email: Email,
    /// Whether they can sign in.
    pub status: AccountStatus,
    /// What they called themselves at registration.
    pub display_name: Option<String>,
    /// Names of platform roles.
    pub roles: Vec<String>,
    /// When the address was verified.
    pub email_verified_at: Option<Timestamp>,
    /// When they registered.
    pub created_at: Timestamp,
    /// Grows with every change.
    pub version: i64,
    pub(crate) password_hash: Option<String>,
    pub(crate) password_version: i64,
    /// Grows with every change of the address.
    pub(crate) email_version: i64,
}

/// A sign-in on one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// The device, as its client calls itself.
    pub device: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was refreshed last.
    pub last_used_at: Timestamp,
    /// When the person last proved who they are.
    pub auth_time: Timestamp,
    /// How (RFC 8176).
    pub amr: Vec<String>,
    /// A browser keeps it by a cookie; there are no tokens.
    pub by_cookie: bool,
    pub(crate) counter: i64,
    /// When the counter moved last.
    pub(crate) rotated_at: Timestamp,
    pub(crate) idle_expires_at: Timestamp,
    pub(crate) absolute_expires_at: Timestamp,
    pub(crate) ended_at: Option<Timestamp>,
    /// The administrator who acts in the person's place, and by which session of theirs.
    pub(crate) impersonator: Option<(UserId, SessionId)>,
}

impl Session {
    /// True once it was not used for too long, or is too old.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.idle_expires_at <= now || self.absolute_expires_at <= now
    }
}

/// What a device signs in with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// How its client calls itself, cut to a sensible length.
    pub name: Option<String>,
    /// It is a browser that keeps the session by a cookie, in place of tokens.
    pub by_cookie: bool,
}

impl Device {
    /// From a `User-Agent`.
    pub fn from_user_agent(user_agent: Option<&str>) -> Self {
        let name = user_agent.map(|name| name.chars().filter(|c| !c.is_control()).take(200).collect());
        Self { name, by_cookie: false }
    }

    /// The same, keeping its session by a cookie or not.
    pub fn by_cookie(self, by_cookie: bool) -> Self {
        Self { by_cookie, ..self }
    }
}

/// The tokens of a session.
#[derive(Clone)]
pub struct Tokens {
    /// A JWT, valid for `expires_in` seconds. Empty for a session that is kept by a cookie.
    pub access_token: String,
    /// Seconds.
    pub expires_in: u64,
    /// Works once. Empty for a session that is kept by a cookie.
    pub refresh_token: String,
    /// The session.
    pub session: SessionId,
    /// What a browser gets in place of tokens.
    pub cookie: Option<CookieSession>,
}

/// What a browser keeps a session by.
#[derive(Clone, Debug)]
pub struct CookieSession {
    /// The cookie's value.
    pub cookie: Secret,
    /// What writes prove with that a page of ours sends them.
    pub csrf_token: Secret,
    /// The session ends after so many seconds without use.
    pub expires_in: u64,
    /// The session ends after this in any case.
    pub ends_in: Duration,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("session", &self.session).finish_non_exhaustive()
    }
}

/// An access token by itself: its session has a refresh token already.
#[derive(Clone)]
pub struct AccessToken {
    /// A JWT, valid for `expires_in` seconds. Empty for a session that is kept by a cookie.
    pub access_token: String,
    /// Seconds.
    pub expires_in: u64,
    /// What a browser gets in place of it.
    pub cookie: Option<CookieSession>,
}

impl std::fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessToken").finish_non_exhaustive()
    }
}

/// A key for programs, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// The eight digits in its text that name it.
    pub prefix: String,
    /// The space that it acts for.
    pub owner: Owner,
    /// Who made it.
    pub created_by: UserId,
    /// For people.
    pub name: String,
    /// Names of permissions, sorted.
    pub scopes: Vec<String>,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was used last, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// Until when the secret before the last rotation goes on working.
    pub previous_until: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Grows with every change.
    pub version: i64,
}

/// A passkey, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkey {
    /// Its id.
    pub id: PasskeyId,
    /// For people.
    pub name: String,
    /// It is copied between devices; else it stays in the one that made it.
    pub synced: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was used last.
    pub last_used_at: Option<Timestamp>,
    /// When its counter went back: there may be two of it.
    pub flagged_at: Option<Timestamp>,
}

/// An identity elsewhere by which somebody signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedIdentity {
    /// Its id here.
    pub id: IdentityId,
    /// Whose.
    pub user: UserId,
    /// The provider's name when it was linked.
    pub provider: String,
    /// Whose word it is.
    pub issuer: String,
    /// Who they are there.
    pub subject: String,
    /// The address there, when it was linked.
    pub email: Option<String>,
    /// When it was linked.
    pub created_at: Timestamp,
    /// When somebody signed in with it last.
    pub last_used_at: Option<Timestamp>,
}

/// A named set of platform permissions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Names of platform permissions, sorted.
    pub permissions: Vec<String>,
    /// Grows with every change.
    pub version: i64,
}

impl Role {
    /// True for the role that has everything and can't be changed.
    pub fn is_built_in(&self) -> bool {
        self.name == crate::permissions::ADMIN_ROLE
    }
}

/// What opens a key.
#[derive(Clone)]
pub(crate) struct StoredKeyText {
    pub(crate) current: Vec<u8>,
    /// The one before, and until when it works.
    pub(crate) previous: Option<(Vec<u8>, Timestamp)>,
    pub(crate) expires_at: Timestamp,
    pub(crate) last_used_at: Option<Timestamp>,
}

/// Where a signing key is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Published, and not used yet.
    Next,
    /// Signs.
    Active,
    /// Verifies what it signed, until that has ended.
    Retiring,
}

impl KeyState {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Active => "active",
            Self::Retiring => "retiring",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Next, Self::Active, Self::Retiring].into_iter().find(|state| state.as_str() == word)
    }
}

/// A key that signs access tokens, without what is secret about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    /// Its name in tokens (`kid`).
    pub id: String,
    /// Where it is in its life.
    pub state: KeyState,
    /// Since when.
    pub since: Timestamp,
}

/// What a one-time code is for. A code of one purpose never works for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Claim,
    VerifyEmail,
    ResetPassword,
    SecondFactor,
    AddPasskey,
    PasskeySignIn,
    PasskeyAgain,
    MagicLink,
    /// For the address that an account is to have.
    EmailChangeNew,
    /// For the address that it has.
    EmailChangeOld,
    OauthState,
    OauthExchange,
}

impl Purpose {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
            Self::SecondFactor => "second_factor",
            Self::AddPasskey => "add_passkey",
            Self::PasskeySignIn => "passkey_sign_in",
            Self::PasskeyAgain => "passkey_again",
            Self::MagicLink => "magic_link",
            Self::EmailChangeNew => "email_change_new",
            Self::EmailChangeOld => "email_change_old",
            Self::OauthState => "oauth_state",
            Self::OauthExchange => "oauth_exchange",
        }
    }
}

/// A one-time code as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Code {
    pub(crate) id: Uuid,
    pub(crate) user: Option<UserId>,
    /// What it was bound to when it was made: the account's password version, or the address's hash. Changed since: not valid.
    pub(crate) bound_to: String,
}
