use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use core_kernel::{Actor, Page, PageRequest, Timestamp};
use futures_util::stream::BoxStream;
use serde_json::Value;

use crate::attach::{AttachRule, Attached};
use crate::pictures::VariantName;
use crate::{Accepts, Media, MediaChange, MediaError, MediaFilter, MediaId, NewMedia, StoredVariant, Upload, UploadId};

/// Pictures of the space that the actor acts for.
#[async_trait]
pub trait Library: Send + Sync {
    /// Takes a picture from a file. It is ready when this returns, or refused and gone.
    async fn add(&self, actor: &Actor, new: NewMedia, file: tempfile::NamedTempFile) -> Result<Media, MediaError>;
    /// One that the actor may see.
    async fn get(&self, actor: &Actor, id: MediaId) -> Result<Media, MediaError>;
    /// Those that the actor may see, of at most 100 ids.
    async fn get_many(&self, actor: &Actor, ids: &[MediaId]) -> Result<Vec<Media>, MediaError>;
    /// Those that the actor may see.
    async fn list(&self, actor: &Actor, filter: MediaFilter, page: &PageRequest) -> Result<Page<Media>, MediaError>;
    /// Changes one. With `version`, only while it has that version.
    async fn update(&self, actor: &Actor, id: MediaId, change: MediaChange, version: Option<i64>) -> Result<Media, MediaError>;
    /// Deletes one with all its sizes. With `version`, only while it has that version.
    async fn delete(&self, actor: &Actor, id: MediaId, version: Option<i64>) -> Result<(), MediaError>;
    /// Puts pictures into a JSON value where the rules say: each names by JSON pointer where ids stand and where pictures go.
    async fn attach(&self, actor: &Actor, value: Value, rules: &[AttachRule]) -> Result<Attached, MediaError>;
}

/// A link that shows one size of one picture to whoever has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The address.
    pub url: String,
    /// Until when it works.
    pub expires_at: Timestamp,
}

/// A stored size of a picture, to be served.
#[derive(Clone, Debug, PartialEq)]
pub struct Picked {
    /// The picture.
    pub media: Media,
    /// What is served.
    pub variant: StoredVariant,
    /// Of a link: until when it works.
    pub link_expires_at: Option<Timestamp>,
}

/// Bytes as they come from the store.
pub type Chunks = BoxStream<'static, Result<Bytes, object_store::Error>>;

/// The bytes of pictures, and links to them.
#[async_trait]
pub trait Content: Send + Sync {
    /// What is served of a picture that the actor may see.
    async fn pick(&self, actor: &Actor, id: MediaId, name: VariantName, accepts: Accepts) -> Result<Picked, MediaError>;
    /// What is served to whoever has a link.
    async fn follow(&self, token: &str, accepts: Accepts) -> Result<Picked, MediaError>;
    /// The bytes, or some of them.
    async fn read(&self, picked: &Picked, range: Option<Range<u64>>) -> Result<Chunks, MediaError>;
    /// A link to a picture that the actor may see.
    async fn link(&self, actor: &Actor, id: MediaId, name: VariantName, life: Option<Duration>) -> Result<Link, MediaError>;
    /// A link, without a look at the picture: for those who know that the caller may see it. It works until the end of the next day,
    /// so that it stays the same for a day and can be cached.
    fn daily_link(&self, id: MediaId, name: VariantName) -> Link;
}

/// A still picture as pixels: three bytes each, red first, row by row, upright, sRGB; what was transparent is white.
#[derive(Clone, PartialEq, Eq)]
pub struct Still {
    /// Pixels of a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// `width * height * 3` bytes.
    pub rgb: Vec<u8>,
}

impl std::fmt::Debug for Still {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Still").field("width", &self.width).field("height", &self.height).finish_non_exhaustive()
    }
}

/// Pixels for programs that look at pictures. Nothing is kept.
#[async_trait]
pub trait Darkroom: Send + Sync {
    /// The pixels of strange bytes under all the rules of an upload, its long side at most `long_side`.
    async fn develop(&self, file: tempfile::NamedTempFile, declared: Option<String>, long_side: u32)
    -> Result<Still, MediaError>;
    /// The pixels of a picture that the actor may see, its long side at most `long_side`.
    async fn look(&self, actor: &Actor, id: MediaId, long_side: u32) -> Result<Still, MediaError>;
}

/// Resumable uploads (<https://tus.io/protocols/resumable-upload>, version 1.0).
#[async_trait]
pub trait Uploads: Send + Sync {
    /// Begins one of `length` bytes with its `Upload-Metadata`.
    async fn begin(&self, actor: &Actor, length: u64, metadata: &str) -> Result<Upload, MediaError>;
    /// Where one stands.
    async fn get(&self, actor: &Actor, id: UploadId) -> Result<Upload, MediaError>;
    /// Adds a part at `offset`; the last one makes the picture. What arrived before a connection broke is kept, unless a checksum was to be
    /// compared.
    async fn append(&self, actor: &Actor, id: UploadId, offset: u64, part: Part) -> Result<Upload, MediaError>;
    /// Ends one and removes what arrived.
    async fn end(&self, actor: &Actor, id: UploadId) -> Result<(), MediaError>;
}

/// An upload that goes straight into the store, and where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectUpload {
    /// Which.
    pub id: UploadId,
    /// The address that takes the bytes by PUT. It is a right: whoever has it may put them.
    pub url: String,
    /// Until when the address works.
    pub expires_at: Timestamp,
}

/// Uploads that go straight into the store, past this server, where the store signs addresses.
#[async_trait]
pub trait DirectUploads: Send + Sync {
    /// Begins one of `length` bytes.
    async fn begin(&self, actor: &Actor, length: u64, new: NewMedia) -> Result<DirectUpload, MediaError>;
    /// Makes the picture of what was put there. A refused picture is gone, and the upload with it; a second call gives the same picture.
    async fn complete(&self, actor: &Actor, id: UploadId) -> Result<Media, MediaError>;
}

/// A part of an upload.
pub struct Part {
    /// Its bytes, in a file.
    pub file: tempfile::NamedTempFile,
    /// How many.
    pub bytes: u64,
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Part").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}
