//! Searching with the crates that ripgrep is made of.

mod engine;
mod line;
mod long_lines;
mod query;
mod service;
mod walk;

use serde::Serialize;

pub use engine::{Engine, Summary};
pub use query::{Case, SearchQuery};
pub use service::SearchRun;
pub(crate) use service::SearchService;
pub(crate) use walk::candidates;
pub use walk::candidates_below;

/// A line that matches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "http", schema(as = SearchMatch))]
pub struct Hit {
    /// The file.
    pub path: String,
    /// Its line, from 1.
    pub line: u64,
    /// The first byte of the match in the line, from 1.
    pub column: u64,
    /// The line without its end; of a line over 1,000 bytes the part around the match.
    pub text: String,
    /// `text` is a part of the line.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
    /// The lines before, where context was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<String>,
    /// The lines after, where context was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<String>,
    /// The function, class or other section around it, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section: Option<crate::Section>,
}
