#![doc = include_str!("../README.md")]

mod archive;
mod blobs;
mod choices;
mod config;
mod core;
mod documents;
mod error;
mod feature;
#[cfg(feature = "http")]
mod http;
mod listing;
mod migrations;
mod mirror;
mod model;
mod path;
pub mod permissions;
mod ports;
mod read;
mod root;
mod search;
mod service;
mod stop;
mod store;
mod sweep;
#[cfg(all(feature = "testing", feature = "http"))]
pub mod testing;
mod text;
mod trail;
mod trees;
mod workspaces;
mod writing;

pub use blobs::sha256;
pub use choices::{Candidate, Choice, Choices, rank};
pub use config::{AllowedRoot, FilesConfig};
pub use error::{FilesError, codes};
pub use feature::{Deps, Files};
pub use migrations::ledger;
pub use model::*;
pub use path::{PathFault, RelPath};
pub use ports::{NoSections, Section, Sections};
pub use root::{FileFacts, Found, FoundKind, Links, Root, RootFault, Walked};
pub use search::{Case, Engine, Hit, SearchQuery, SearchRun, Summary, candidates_below};
pub use service::*;
pub use stop::{Stop, StopOnDrop};
pub use text::{Decoded, decode};
