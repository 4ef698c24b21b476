#![doc = include_str!("../README.md")]

mod accounts;
mod administration;
mod advice;
mod api_keys;
mod argon;
mod assertion;
mod blocklist;
mod blocks;
mod catalogue;
pub mod codes;
mod config;
mod cookies;
mod core;
mod credentials;
mod email;
mod email_change;
mod error;
mod feature;
mod guesses;
mod identities;
mod impersonation;
mod key_rotation;
mod key_snapshot;
mod key_text;
mod leaked;
mod letters;
mod magic_link;
mod mails;
mod migrations;
mod model;
mod new_password;
mod oauth;
mod passkeys;
mod password;
pub mod permissions;
mod policies;
mod ports;
mod privacy;
mod recovery;
mod relying_party;
mod roles;
mod second_factors;
mod service;
mod sessions;
mod sign_in;
mod signing;
mod snapshot;
mod store;
mod token;
mod totp;
mod ways_in;

#[cfg(feature = "http")]
mod http;
#[cfg(feature = "testing")]
pub mod testing;

pub use advice::PasswordAdvice;
pub use catalogue::Catalogue;
pub use config::{AuthConfig, EmailVerification, LeakedPasswords, Links, Registration as RegistrationSetting};
pub use email::Email;
pub use error::AuthError;
pub use feature::{Auth, Deps};
#[cfg(feature = "http")]
pub use http::PersonalActors;
pub use key_snapshot::KeyIdentity;
pub use key_text::API_KEY_PREFIX;
pub use mails::mail_templates;
pub use migrations::ledger;
pub use model::{
    AccessToken, Account, AccountStatus, ApiKey, ApiKeyId, CookieSession, Device, IdentityId, KeyState, LinkedIdentity, Passkey,
    PasskeyId, Role, Session, SessionId, SigningKey, Tokens,
};
pub use oauth::{OauthConfig, OauthProviderConfig, OauthProviderKind};
pub use policies::{Applicant, MAX_OWN_CLAIMS, Policies, RegistrationPolicy, TokenClaims, TokenSubject, Verdict};
pub use ports::{Invitations, NoInvitations};
pub use relying_party::PasskeySettings;
pub use service::{
    AccountDraft, Accounts, Administration, ApiKeyChange, ApiKeys, AuditLog, AuditScope, Ceremony, Challenge, ChangeState,
    CookieSessions, Credentials, Decision, EmailChanges, Enrollment, Identities, Impersonation, MagicLinks, NewApiKey, Oauth,
    OauthProvider, OauthReturn, OauthStart, Passkeys, Proof, Recovery, Registered, Registration, Roles, Rotation, SecondFactor,
    SecondProof, Sessions, SignIn, SigningKeys,
};
pub use snapshot::Identity;
