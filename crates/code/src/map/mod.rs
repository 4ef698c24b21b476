//! The map of a repository: what is most used of it, within a budget of tokens.

mod graph;
mod pack;
mod rank;

use serde::Serialize;

pub use graph::{FileTags, Graph};
pub use pack::{Detail, ManifestEntry, RepoMap};
pub use rank::rank;
pub(crate) use rank::{best, importance};

use crate::Lines;

/// A symbol that a map may show.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked {
    /// Index of its file in the graph.
    pub file: usize,
    /// Index of the symbol in the file.
    pub symbol: usize,
    /// How important it is; all of a map together are at most 1.
    pub score: f64,
}

/// Where a citation leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "http", schema(as = CodeCitation))]
pub struct Citation {
    /// The file; null for source that came with the request.
    pub path: Option<String>,
    /// Its lines.
    #[cfg_attr(feature = "http", schema(value_type = String, example = "10-40"))]
    pub lines: Lines,
    /// Of these lines as they are.
    pub sha256: String,
}
