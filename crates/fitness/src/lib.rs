#![doc = include_str!("../README.md")]

pub mod catalogue;
mod error;
mod exercises;
mod feature;
pub mod formulas;
mod library;
pub mod metrics;
mod migrations;
pub mod model;
pub mod motion;
pub mod permissions;
pub mod plan;
mod ports;
mod profiles;
mod service;
mod store;
pub mod units;

#[cfg(feature = "http")]
mod http;

pub use error::{FitnessError, codes};
pub use feature::{Deps, Fitness};
pub use library::Library;
pub use migrations::ledger;
pub use ports::{MediaLink, MediaLinks, PlanWriter};
pub use service::{Exercises, Profiles, Seen};
pub use store::exercises::StoredExercise;
