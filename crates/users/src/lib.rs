#![doc = include_str!("../README.md")]

mod config;
mod erasure;
mod error;
mod feature;
mod migrations;
mod model;
pub mod permissions;
mod ports;
mod profiles;
mod projection;
mod service;
mod store;

#[cfg(feature = "http")]
mod http;
#[cfg(feature = "testing")]
pub mod testing;

pub use config::UsersConfig;
pub use error::{UsersError, codes};
pub use feature::{Deps, Users};
pub use migrations::ledger;
pub use model::{Change, Locale, MAX_METADATA_BYTES, Profile, ProfileChange, TimeZone, Units};
pub use ports::{Identities, Identity, IdentityStatus, PersonalData};
pub use service::Profiles;
