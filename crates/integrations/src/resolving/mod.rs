//! What links lead to, read through connections: title, text or code, and where it is from.

mod github;
mod jira;
mod notion;
mod service;

use core_kernel::Timestamp;
use serde::Serialize;

use crate::links::{Lines, Link, LinkProvider};
use crate::{ConnectionId, IntegrationsError};

pub(crate) use service::LinkService;

/// The most characters of a text that are given.
pub(crate) const MOST_TEXT: usize = 64 * 1024;

/// A link, and what it leads to or why that can't be said.
#[derive(Debug)]
pub struct ResolvedLink {
    /// The link.
    pub link: Link,
    /// What it leads to.
    pub found: Result<Found, IntegrationsError>,
}

/// What a link leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    /// What it is called.
    pub title: Option<String>,
    /// What is written there.
    pub text: Option<String>,
    /// The code there.
    pub code: Option<Excerpt>,
    /// Whether it is open, closed, done.
    pub state: Option<String>,
    /// Who wrote it.
    pub author: Option<String>,
    /// True when there is more than is given.
    pub truncated: bool,
    /// Where it is from.
    pub provenance: Provenance,
}

/// Code of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Excerpt {
    /// The path in the repository.
    pub path: String,
    /// Which lines; none: all of it, as far as it is given.
    pub lines: Option<Lines>,
    /// The code.
    pub text: String,
}

/// Where something is from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Provenance {
    /// Who gave it.
    pub provider: LinkProvider,
    /// Through which connection.
    pub connection_id: ConnectionId,
    /// Where people see it.
    pub url: Option<String>,
    /// GitHub: the ref that the link means, as it turned out.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// GitHub: the blob or commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha: Option<String>,
    /// When it was read.
    pub retrieved_at: Timestamp,
}

/// At most [`MOST_TEXT`] bytes, cut where a character ends. True: there is more.
pub(crate) fn cut(text: String) -> (String, bool) {
    if text.len() <= MOST_TEXT {
        return (text, false);
    }
    let end = text.floor_char_boundary(MOST_TEXT);
    (text.get(..end).unwrap_or_default().to_owned(), true)
}
