#![doc = include_str!("../README.md")]

pub mod catalogue;
mod error;
mod feature;
pub mod formulas;
pub mod metrics;
mod migrations;
pub mod model;
pub mod permissions;
mod profiles;
mod service;
mod store;
pub mod units;

#[cfg(feature = "http")]
mod http;

pub use error::{FitnessError, codes};
pub use feature::{Deps, Fitness};
pub use migrations::ledger;
pub use service::Profiles;
