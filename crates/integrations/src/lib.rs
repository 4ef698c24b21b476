#![doc = include_str!("../README.md")]

mod accounts;
pub mod codes;
mod config;
mod creations;
mod error;
mod feature;
pub mod hooks;
#[cfg(feature = "http")]
mod http;
pub mod links;
mod markdown;
mod migrations;
mod model;
mod operation;
pub mod permissions;
mod ports;
mod privacy;
mod resolving;
mod service;
mod store;
#[cfg(feature = "testing")]
pub mod testing;
mod vendor;

pub use accounts::NewCredentials;
pub use config::{GithubConfig, IntegrationsConfig, JiraConfig, NotionConfig};
pub use creations::{Finding, Made, NewFile, NewIssue, NewPage, Plan};
pub use error::{Choice, IntegrationsError};
pub use feature::{Deps, Integrations};
pub use migrations::ledger;
pub use model::{
    AuthKind, Connection, ConnectionChange, ConnectionId, ConnectionStatus, NewConnection, OnConflict, OperationId, PageBody,
    Provider, Resource, ResourceKind, Settings,
};
pub use operation::{Operation, OperationKey, OperationKind, OperationState};
pub use ports::{Pause, RealPause};
pub use resolving::{Excerpt, Found, Provenance, ResolvedLink};
pub use service::{Authorizations, Connections, Creations, Links, Operations};
pub use vendor::PlannedRequest;
