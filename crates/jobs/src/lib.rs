#![doc = include_str!("../README.md")]

mod config;
mod error;
mod feature;
mod feed;
mod health;
pub mod permissions;
mod queue;
mod service;
mod sweep;
mod tail;

#[cfg(feature = "http")]
mod http;
#[cfg(feature = "testing")]
pub mod testing;

pub use config::JobsConfig;
pub use error::{JobsError, codes};
pub use feature::{Deps, Jobs};
pub use feed::{EventTypes, Follower};
pub use service::{Feed, Queue};
