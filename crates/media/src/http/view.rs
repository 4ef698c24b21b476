use std::collections::BTreeMap;

use core_kernel::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Accepts, Media, MediaStatus, StoredVariant, VariantName};

/// A picture.
#[derive(Serialize, ToSchema)]
pub(crate) struct MediaView {
    id: Uuid,
    /// `pending`, `ready` or `rejected`; nothing is served before it is ready.
    #[schema(value_type = String, example = "ready")]
    status: MediaStatus,
    /// Why it was rejected: a problem code.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Where its bytes are, with the same credentials.
    #[schema(example = "/api/v1/media/01900000-0000-7000-8000-000000000001/content")]
    url: String,
    #[schema(example = "image/jpeg")]
    mime: Option<&'static str>,
    width: u32,
    height: u32,
    /// More than one is an animation.
    frames: u32,
    /// Of the original.
    bytes: u64,
    /// All sizes together.
    stored_bytes: u64,
    /// Of the original as it is stored: what was sent is encoded again.
    sha256: Option<String>,
    /// A preview of some 25 bytes, base64 (<https://evanw.github.io/thumbhash/>).
    thumbhash: Option<String>,
    #[schema(example = "#7a5c43")]
    dominant_color: Option<String>,
    purpose: Option<String>,
    /// What it shows, for those who do not see it.
    alt: Option<String>,
    /// What the client called the file.
    file_name: Option<String>,
    #[schema(example = "private")]
    visibility: &'static str,
    /// The owner's own.
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
    /// By name: `thumb`, `small`, `medium`, `large`. One that would be larger than the picture shows the picture.
    variants: BTreeMap<&'static str, VariantView>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// A size of a picture.
#[derive(Serialize, ToSchema)]
pub(crate) struct VariantView {
    #[schema(example = "/api/v1/media/01900000-0000-7000-8000-000000000001/variants/thumb")]
    url: String,
    mime: &'static str,
    width: u32,
    height: u32,
    bytes: u64,
}

/// Where a picture is seen.
pub(crate) fn location(media: &Media) -> String {
    format!("/api/v1/media/{}", media.id)
}

impl From<Media> for MediaView {
    fn from(media: Media) -> Self {
        let place = location(&media);
        let sized = |name: VariantName| {
            let StoredVariant { format, width, height, bytes, .. } = media.pick(name, Accepts::default())?;
            let url = format!("{place}/variants/{}", name.as_str());
            Some((name.as_str(), VariantView { url, mime: format.mime(), width: *width, height: *height, bytes: *bytes }))
        };
        let original = media.original();
        Self {
            variants: VariantName::SIZES.into_iter().filter_map(sized).collect(),
            url: format!("{place}/content"),
            mime: original.map(|original| original.format.mime()),
            bytes: original.map_or(0, |original| original.bytes),
            sha256: original.map(|original| original.sha256.clone()),
            id: media.id.get(),
            status: media.status,
            width: media.width,
            height: media.height,
            frames: media.frames,
            stored_bytes: media.bytes,
            visibility: media.visibility.as_str(),
            created_at: media.created_at,
            updated_at: media.updated_at,
            reason: media.reason,
            thumbhash: media.thumbhash,
            dominant_color: media.dominant_color,
            purpose: media.purpose,
            alt: media.alt,
            file_name: media.file_name,
            metadata: media.metadata,
        }
    }
}
