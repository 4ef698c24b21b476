#![doc = include_str!("../README.md")]

mod accounts;
mod administration;
mod api_keys;
mod assertion;
mod catalogue;
mod config;
mod cookies;
mod core;
mod credentials;
mod email;
mod error;
mod feature;
mod key_snapshot;
mod key_text;
mod mails;
mod migrations;
mod model;
mod passkeys;
mod password;
pub mod permissions;
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

pub use catalogue::Catalogue;
pub use config::{AuthConfig, EmailVerification, Links, Registration as RegistrationSetting};
pub use email::Email;
pub use error::{AuthError, codes};
pub use feature::{Auth, Deps};
#[cfg(feature = "http")]
pub use http::PersonalActors;
pub use key_snapshot::KeyIdentity;
pub use key_text::API_KEY_PREFIX;
pub use mails::mail_templates;
pub use migrations::ledger;
pub use model::{
    AccessToken, Account, AccountStatus, ApiKey, ApiKeyId, CookieSession, Device, Passkey, PasskeyId, Role, Session, SessionId,
    Tokens,
};
pub use relying_party::PasskeySettings;
pub use service::{
    AccountDraft, Accounts, Administration, ApiKeyChange, ApiKeys, AuditLog, AuditScope, Ceremony, Challenge, CookieSessions,
    Credentials, Enrollment, NewApiKey, Passkeys, Proof, Recovery, Registered, Registration, Roles, SecondFactor, SecondProof,
    Sessions, SignIn,
};
pub use snapshot::Identity;
