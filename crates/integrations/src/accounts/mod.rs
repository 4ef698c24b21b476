//! Connected accounts: what proves them, how that is checked, kept and renewed.

mod authorize;
mod credentials;
mod github_app;
mod grant;
mod probe;
mod resources;
mod service;
mod vault;

pub(crate) use authorize::AuthorizationService;
pub use credentials::NewCredentials;
pub(crate) use grant::TokenClient;
pub(crate) use probe::Prober;
pub(crate) use service::ConnectionService;
pub(crate) use vault::Vault;
