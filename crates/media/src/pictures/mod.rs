//! From bytes of strangers to clean pictures. Nothing here knows of files, rows or people; everything here takes time and belongs on
//! [`crate::workshop`].

mod decode;
mod encode;
mod fingerprint;
mod format;
mod gif;
mod raster;
mod shrink;
mod variants;

pub(crate) use encode::avif;
pub(crate) use fingerprint::Fingerprint;
pub use fingerprint::near;
pub use format::Format;
pub use variants::VariantName;
pub(crate) use variants::{Output, Prepared, prepare, rasters, still};

#[cfg(feature = "testing")]
pub(crate) use raster::Raster;

/// What a bench measures, step by step as uploads go through it.
#[cfg(feature = "testing")]
pub(crate) mod steps {
    pub(crate) use super::decode::{fitted, still as decode};
    pub(crate) use super::encode::jpeg;
    pub(crate) use super::variants::sizes;
}

/// What is refused before or while it is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Width times height.
    pub max_pixels: u64,
    /// Width, and height.
    pub max_side: u32,
    /// Frames of an animation.
    pub max_frames: u32,
    /// Width times height times frames.
    pub max_animated_pixels: u64,
}

/// Why a picture is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the content is {found}, which is not taken")]
    Unsupported { found: &'static str },
    #[error("pictures of an iPhone's HEIC format are not taken")]
    Heic,
    #[error("the content is {found}, not {declared} as the request says")]
    Mismatch { declared: String, found: &'static str },
    #[error("the picture is too large: {0}")]
    TooLarge(String),
    #[error("the picture can't be decoded")]
    Broken,
}
