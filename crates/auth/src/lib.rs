#![doc = include_str!("../README.md")]

mod accounts;
mod api_keys;
mod catalogue;
mod config;
mod core;
mod credentials;
mod email;
mod error;
mod feature;
mod identities;
mod key_snapshot;
mod key_text;
mod mails;
mod migrations;
mod model;
mod oauth;
mod password;
pub mod permissions;
mod privacy;
mod recovery;
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
    AccessToken, Account, AccountStatus, ApiKey, ApiKeyId, Device, IdentityId, LinkedIdentity, Role, Session, SessionId, Tokens,
};
pub use oauth::{OauthConfig, OauthProviderConfig, OauthProviderKind};
pub use service::{
    Accounts, ApiKeyChange, ApiKeys, AuditLog, AuditScope, Challenge, Credentials, Enrollment, Identities, NewApiKey, Oauth,
    OauthProvider, OauthReturn, OauthStart, Proof, Recovery, Registered, Registration, Roles, SecondFactor, SecondProof,
    Sessions, SignIn,
};
pub use snapshot::Identity;
