use async_trait::async_trait;
use bytes::Bytes;
use core_kernel::{Actor, Page, PageRequest};
use serde::Serialize;

use crate::{
    Choices, Content, Entries, Expected, FilesError, Listing, NewWorkspace, Part, RelPath, SearchQuery, SearchRun, TreeFile,
    Workspace, WorkspaceId, Written,
};

/// Workspaces of the space that the actor acts for.
#[async_trait]
pub trait Workspaces: Send + Sync {
    /// Makes one. One of the operator's directories asks for `files:roots` beside `files:write`.
    async fn create(&self, actor: &Actor, new: NewWorkspace) -> Result<Workspace, FilesError>;
    /// One that the actor may see.
    async fn get(&self, actor: &Actor, id: WorkspaceId) -> Result<Workspace, FilesError>;
    /// Those that the actor may see.
    async fn list(&self, actor: &Actor, page: PageRequest) -> Result<Page<Workspace>, FilesError>;
    /// Deletes one; the operator's directory itself is left alone. With `version`, only while it has that version.
    async fn delete(&self, actor: &Actor, id: WorkspaceId, version: Option<i64>) -> Result<(), FilesError>;
}

/// Files of a workspace.
#[async_trait]
pub trait Documents: Send + Sync {
    /// What is in a directory.
    async fn read_directory(&self, actor: &Actor, id: WorkspaceId, listing: Listing) -> Result<Entries, FilesError>;
    /// Text of a file.
    async fn read_file(&self, actor: &Actor, id: WorkspaceId, path: RelPath, part: Part) -> Result<Content, FilesError>;
    /// Text of several files; each is there or has its own error.
    async fn read_files(
        &self,
        actor: &Actor,
        id: WorkspaceId,
        paths: Vec<RelPath>,
    ) -> Result<Vec<Result<Content, FilesError>>, FilesError>;
    /// The bytes of a file.
    async fn open(&self, actor: &Actor, id: WorkspaceId, path: RelPath) -> Result<Opened, FilesError>;
    /// Writes a file as a whole; directories on the way are made.
    async fn create_file(
        &self,
        actor: &Actor,
        id: WorkspaceId,
        path: RelPath,
        bytes: Bytes,
        expected: Expected,
    ) -> Result<Written, FilesError>;
    /// Deletes a file.
    async fn delete_file(&self, actor: &Actor, id: WorkspaceId, path: RelPath, expected: Expected) -> Result<(), FilesError>;
    /// Moves a file to a path that is free.
    async fn move_file(&self, actor: &Actor, id: WorkspaceId, from: RelPath, to: RelPath) -> Result<Written, FilesError>;
}

/// Bytes that are read as they are wanted.
pub struct Opened {
    /// Where.
    pub path: RelPath,
    /// How many.
    pub size: u64,
    /// Of all of them, where it is known.
    pub sha256: Option<String>,
    /// They.
    pub chunks: futures_util::stream::BoxStream<'static, Result<Bytes, FilesError>>,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("path", &self.path).field("size", &self.size).finish_non_exhaustive()
    }
}

/// Searching.
#[async_trait]
pub trait Search: Send + Sync {
    /// Begins a search. It ends when the answer is dropped.
    async fn search_code(&self, actor: &Actor, id: WorkspaceId, query: SearchQuery) -> Result<SearchRun, FilesError>;
}

/// Choosing a file by what somebody says about it.
#[async_trait]
pub trait Choosing: Send + Sync {
    /// The files that fit best, with reasons, and a token to answer with. `files` leaves out all others.
    async fn choose_file(
        &self,
        actor: &Actor,
        id: WorkspaceId,
        prompt: &str,
        files: Option<Vec<RelPath>>,
        limit: usize,
    ) -> Result<Choices, FilesError>;
    /// Takes one of the choices: the file and the SHA-256 of what it holds now.
    async fn answer(
        &self,
        actor: &Actor,
        token: &str,
        path: RelPath,
    ) -> Result<(WorkspaceId, RelPath, Option<String>), FilesError>;
}

/// Archives.
#[async_trait]
pub trait Archives: Send + Sync {
    /// Stores the files of an archive that lies in `file`: all that are not skipped, or none.
    async fn import(&self, actor: &Actor, id: WorkspaceId, file: std::fs::File) -> Result<Imported, FilesError>;
    /// An archive of a workspace's files, in a file without a name.
    async fn export(&self, actor: &Actor, id: WorkspaceId, format: ArchiveFormat) -> Result<Packed, FilesError>;
}

/// What came of an archive.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "http", schema(as = ImportedArchive))]
pub struct Imported {
    /// Files that were stored.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Entries that were not.
    pub skipped: Vec<Skipped>,
    /// More entries were skipped than are listed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub more_skipped: bool,
}

/// An entry that was not stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "http", schema(as = SkippedEntry))]
pub struct Skipped {
    /// What the archive calls it, cut after 300 characters.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// Forms of archives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
pub enum ArchiveFormat {
    /// Zip.
    #[default]
    #[serde(rename = "zip")]
    Zip,
    /// Tar.
    #[serde(rename = "tar")]
    Tar,
    /// Tar, compressed with gzip.
    #[serde(rename = "tar.gz")]
    TarGz,
}

/// An archive that was made.
#[derive(Debug)]
pub struct Packed {
    /// Its bytes, from the beginning; the file has no name and goes away with this value.
    pub file: std::fs::File,
    /// How many.
    pub bytes: u64,
    /// Some files are missing: there were too many, or they went away.
    pub truncated: bool,
}

/// Workspaces as a whole, for other features.
#[async_trait]
pub trait Trees: Send + Sync {
    /// All files that a search would look at; true: there are more than the server looks at.
    async fn files(&self, actor: &Actor, id: WorkspaceId) -> Result<(Vec<TreeFile>, bool), FilesError>;
    /// The bytes of some of them, at most `most` each, in their order; none: it is gone, larger, or can't be read.
    async fn load(
        &self,
        actor: &Actor,
        id: WorkspaceId,
        paths: Vec<RelPath>,
        most: u64,
    ) -> Result<Vec<Option<Bytes>>, FilesError>;
}
