#![doc = include_str!("../README.md")]

mod attach;
mod catalogue;
pub mod chat;
mod completions;
mod config;
mod conversations;
mod engine;
mod error;
mod feature;
pub mod framing;
mod generations;
#[cfg(feature = "http")]
mod http;
mod live;
mod measuring;
mod messages;
mod migrations;
mod model;
mod models;
pub mod permissions;
pub mod provider;
mod routing;
mod service;
mod settlement;
mod store;
#[cfg(all(feature = "testing", feature = "http"))]
pub mod testing;

pub use catalogue::{Cost, ModelFacts, Prices};
pub use config::{LlmConfig, ProviderConfig, RetryConfig, Timeouts};
pub use engine::Tasks;
pub use error::{Failure, LlmError, codes};
pub use feature::{Deps, Facades, Llm};
pub use live::{Outcome, Viewer};
pub use migrations::ledger;
pub use model::*;
pub use routing::Adjustment;
pub use service::*;
pub use store::generations::Repeat;
