use core_kernel::{Owner, Timestamp, UserId, Visibility, typed_id};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::pictures::{Format, VariantName};

typed_id! {
    /// A picture.
    MediaId
}

typed_id! {
    /// A resumable upload.
    UploadId
}

/// Where a picture stands. Nothing is served before it is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MediaStatus {
    /// It is being worked on.
    Pending,
    /// It can be seen.
    Ready,
    /// It was refused; nothing of it is kept.
    Rejected,
}

impl MediaStatus {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ready => "ready",
            Self::Rejected => "rejected",
        }
    }

    /// From the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Pending, Self::Ready, Self::Rejected].into_iter().find(|status| status.as_str() == text)
    }
}

/// A stored size in a format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredVariant {
    /// Which size.
    pub name: VariantName,
    /// In which format.
    pub format: Format,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of the stored bytes, hexadecimal; its entity tag.
    pub sha256: String,
}

/// What a client shows beside JPEG, PNG and GIF, which everybody does. By default nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accepts {
    /// AVIF.
    pub avif: bool,
    /// WebP.
    pub webp: bool,
}

impl Accepts {
    const fn takes(self, format: Format) -> bool {
        match format {
            Format::Avif => self.avif,
            Format::Webp => self.webp,
            Format::Jpeg | Format::Png | Format::Gif => true,
        }
    }
}

/// A picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Media {
    /// Which.
    pub id: MediaId,
    /// Whose.
    pub owner: Owner,
    /// Who sent it.
    pub created_by: UserId,
    /// Who in the space sees it.
    pub visibility: Visibility,
    /// Where it stands.
    pub status: MediaStatus,
    /// What it is for, in the client's words.
    pub purpose: Option<String>,
    /// What it shows, for those who do not see it.
    pub alt: Option<String>,
    /// What the client calls the file.
    pub file_name: Option<String>,
    /// Pixels; 0 before it is ready.
    pub width: u32,
    /// Pixels; 0 before it is ready.
    pub height: u32,
    /// Frames; more than one is an animation.
    pub frames: u32,
    /// All sizes together.
    pub bytes: u64,
    /// A preview of some 25 bytes, base64 (<https://evanw.github.io/thumbhash/>).
    pub thumbhash: Option<String>,
    /// `#rrggbb`.
    pub dominant_color: Option<String>,
    /// Difference hash, for near duplicates.
    pub dhash: Option<u64>,
    /// Why it was refused: a problem code.
    pub reason: Option<String>,
    /// A product's own.
    pub metadata: Map<String, Value>,
    /// What is stored, the original first.
    pub variants: Vec<StoredVariant>,
    /// When it came.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Raised with every change.
    pub version: i64,
}

impl Media {
    /// The original.
    pub fn original(&self) -> Option<&StoredVariant> {
        self.variants.iter().find(|variant| variant.name == VariantName::Original)
    }

    /// What is served under a name: the stored size, or the original where the picture is not larger than that. Of several formats
    /// the smallest that is accepted, and always one.
    pub fn pick(&self, name: VariantName, accepts: Accepts) -> Option<&StoredVariant> {
        let of = |name: VariantName| self.variants.iter().filter(move |variant| variant.name == name);
        let name = if of(name).next().is_some() { name } else { VariantName::Original };
        let accepted = of(name).filter(|variant| accepts.takes(variant.format));
        accepted.min_by_key(|variant| variant.bytes)
    }

    /// True when more than one format is stored, so that what is served depends on `Accept`.
    pub fn negotiates(&self) -> bool {
        self.variants.iter().any(|variant| !Accepts::default().takes(variant.format))
    }
}

/// What comes with a new picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewMedia {
    /// What it is for, in the client's words: at most 64 of `a-z 0-9 _ . -`.
    pub purpose: Option<String>,
    /// What it shows.
    pub alt: Option<String>,
    /// Who in the space sees it.
    pub visibility: Visibility,
    /// What the client calls the file.
    pub file_name: Option<String>,
    /// The type that the client declares.
    pub declared: Option<String>,
}

/// What is to change; `None` leaves it, `Some(None)` removes it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MediaChange {
    /// What it shows.
    pub alt: Option<Option<String>>,
    /// What it is for.
    pub purpose: Option<Option<String>>,
    /// Who sees it.
    pub visibility: Option<Visibility>,
    /// A product's own.
    pub metadata: Option<Map<String, Value>>,
}

/// Which pictures a list shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MediaFilter {
    /// For this purpose only.
    pub purpose: Option<String>,
    /// Nearly the same as this one only.
    pub similar_to: Option<MediaId>,
}

/// A resumable upload (tus 1.0).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Which.
    pub id: UploadId,
    /// Whose.
    pub owner: Owner,
    /// Who sends it.
    pub created_by: UserId,
    /// Bytes of the whole.
    pub length: u64,
    /// Bytes that are there.
    pub offset: u64,
    /// `Upload-Metadata` as it was sent.
    pub metadata: String,
    /// The picture, once all of it is there.
    pub media: Option<MediaId>,
    /// After this it is gone.
    pub expires_at: Timestamp,
    /// Where each part begins.
    pub parts: Vec<u64>,
}
