//! Signing in with an account elsewhere: OAuth 2 and OpenID Connect.

mod config;
mod flow;
mod github;
mod id_token;
mod linking;
#[cfg(all(feature = "testing", feature = "http"))]
pub(crate) mod planting;
mod provider;
mod remote;

pub use config::{OauthConfig, OauthProviderConfig, OauthProviderKind};
pub(crate) use flow::OauthService;
pub(crate) use linking::Identified;
