#![doc = include_str!("../README.md")]

mod attach;
mod catalogue;
pub mod chat;
pub mod code;
mod code_prompts;
mod completions;
mod config;
mod confirmations;
mod conversations;
mod conversations_archive;
mod engine;
mod error;
mod feature;
pub mod framing;
mod generations;
#[cfg(feature = "http")]
mod http;
mod images;
pub mod json_tools;
mod limits;
mod live;
mod measuring;
mod memory;
mod messages;
mod migrations;
mod model;
mod models;
pub mod permissions;
mod ports;
pub mod provider;
mod reask;
mod routing;
mod service;
mod settlement;
mod store;
mod templates;
#[cfg(all(feature = "testing", feature = "http"))]
pub mod testing;
mod toolbelt;
mod turns;

pub use catalogue::{Cost, ModelFacts, Prices};
pub use config::{LlmConfig, ProviderConfig, RetryConfig, Timeouts};
pub use conversations_archive::{ArchivedMessage, ConversationArchive};
pub use engine::Tasks;
pub use error::{Failure, LlmError, codes};
pub use feature::{Deps, Facades, Llm};
pub use live::{Outcome, Viewer};
pub use migrations::ledger;
pub use model::*;
pub use ports::{Attachment, Attachments, ContextSources, Ports};
pub use routing::Adjustment;
pub use service::*;
pub use store::generations::Repeat;
pub use templates::Offers;
