#![doc = include_str!("../README.md")]

mod citations;
mod config;
mod digest;
mod error;
mod extract;
mod feature;
mod grammar;
mod guard;
#[cfg(feature = "http")]
mod http;
mod language;
mod map;
mod model;
mod outline;
pub mod permissions;
mod ports;
mod reader;
mod repositories;
mod sections;
mod service;
mod templates;
#[cfg(all(feature = "testing", feature = "http"))]
pub mod testing;
mod tokens;
mod understanding;

pub use config::CodeConfig;
pub use digest::sha256_of_lines;
pub use error::{CodeError, codes};
pub use extract::{ExtractFault, Limits, extract};
pub use feature::{Code, Deps};
pub use guard::{Redaction, is_secret_file, redact};
pub use language::{DetectedBy, Language};
pub use map::*;
pub use model::*;
pub use outline::{Account, explain, summarise};
pub use ports::*;
pub use sections::{Enclosing, enclosing};
pub use service::*;
pub use tokens::count_tokens;
