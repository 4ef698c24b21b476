use core_kernel::{Owner, Timestamp, UserId, Visibility, typed_id};
use serde::{Deserialize, Serialize};

use crate::{FoundKind, RelPath};

typed_id! {
    /// A workspace.
    WorkspaceId
}

/// Where a workspace's files are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "http", schema(as = WorkspaceKind))]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// In the store of contents, listed in the database.
    #[default]
    Stored,
    /// In a directory that the operator allowed.
    Root,
}

impl Kind {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Root => "root",
        }
    }
}

/// A workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Which.
    pub id: WorkspaceId,
    /// Whose space.
    pub owner: Owner,
    /// Who made it.
    pub created_by: UserId,
    /// Who in the space sees it.
    pub visibility: Visibility,
    /// What people call it.
    pub name: String,
    /// Where its files are.
    pub kind: Kind,
    /// The name of the operator's directory.
    pub root: Option<String>,
    /// Files in a stored one.
    pub files: i64,
    /// Their bytes.
    pub bytes: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it or one of its stored files changed last.
    pub updated_at: Timestamp,
    /// Raised by every change, of stored files too.
    pub version: i64,
}

/// A workspace to be made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewWorkspace {
    /// 1 to 100 characters.
    pub name: String,
    /// Who in the space sees it.
    pub visibility: Visibility,
    /// Where its files are.
    pub kind: Kind,
    /// The name of the operator's directory; absent: the only one.
    pub root: Option<String>,
}

impl NewWorkspace {
    /// What is expected of a name, for people.
    pub const NAME_RULE: &'static str = "1 to 100 characters, not all blank, without control characters";

    /// True when the name may be had.
    pub fn has_good_name(&self) -> bool {
        let length = self.name.chars().count();
        (1..=100).contains(&length) && !self.name.trim().is_empty() && !self.name.chars().any(char::is_control)
    }
}

/// A file of a stored workspace, as the manifest has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    /// Where.
    pub path: RelPath,
    /// The SHA-256 of its content, in hexadecimal.
    pub sha256: String,
    /// Its bytes.
    pub size: u64,
    /// When it was written.
    pub modified_at: Timestamp,
}

/// Something in a directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "http", schema(as = WorkspaceEntry))]
pub struct Entry {
    /// Where.
    #[cfg_attr(feature = "http", schema(value_type = String, example = "src/main.rs"))]
    pub path: RelPath,
    /// What.
    pub kind: FoundKind,
    /// Bytes of a file.
    pub size: u64,
    /// When it changed last; a directory of a stored workspace: when the last of its files did.
    pub modified_at: Timestamp,
}

/// Which entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// In this directory; absent: at the top.
    pub path: Option<RelPath>,
    /// And in those below.
    pub recursive: bool,
    /// Only those whose path matches; `**/*.rs`.
    pub glob: Option<String>,
    /// After this path.
    pub after: Option<RelPath>,
    /// So many at most.
    pub limit: usize,
}

/// Entries in the order of their paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entries {
    /// The entries.
    pub items: Vec<Entry>,
    /// Where to go on.
    pub next: Option<RelPath>,
    /// The directory has more than the server looks at.
    pub truncated: bool,
}

/// Which part of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    #[default]
    Whole,
    /// Lines from the one to the other, from 1, both included.
    Lines(u64, u64),
    /// Bytes from the one to the other, from 0, both included.
    Bytes(u64, u64),
    /// So many lines at the beginning.
    Head(u64),
    /// So many lines at the end.
    Tail(u64),
}

/// Text of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "http", schema(as = FileContent))]
pub struct Content {
    /// Where.
    #[cfg_attr(feature = "http", schema(value_type = String, example = "src/main.rs"))]
    pub path: RelPath,
    /// The part that was asked for.
    pub text: String,
    /// How it was read (WHATWG name); a guess where the bytes do not tell.
    #[cfg_attr(feature = "http", schema(example = "UTF-8"))]
    pub encoding: &'static str,
    /// Some bytes had no meaning and stand as U+FFFD.
    pub lossy: bool,
    /// Bytes of the whole file.
    pub size: u64,
    /// Of the whole file, in hexadecimal; absent for a file of a root that is too large to be read for it.
    pub sha256: Option<String>,
    /// The first line of `text` in the file, where lines were asked for and can be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_line: Option<u64>,
    /// There is more than `text` has of what was asked for.
    pub truncated: bool,
}

/// What a write may build on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Expected {
    /// Nothing is there.
    #[default]
    Nothing,
    /// Something is there.
    Anything,
    /// Content with one of these SHA-256 is there.
    OneOf(Vec<String>),
}

/// A file that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "http", schema(as = WrittenFile))]
pub struct Written {
    /// Where.
    #[cfg_attr(feature = "http", schema(value_type = String, example = "src/main.rs"))]
    pub path: RelPath,
    /// Its bytes.
    pub size: u64,
    /// Of its content.
    pub sha256: String,
    /// It was not there before.
    pub created: bool,
}

/// A file for whoever reads workspaces as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeFile {
    /// Where.
    pub path: RelPath,
    /// Its bytes.
    pub size: u64,
    /// Two files of equal stamp have the same content.
    pub stamp: String,
}
