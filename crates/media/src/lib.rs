#![doc = include_str!("../README.md")]

mod attach;
mod avif;
mod blobs;
pub mod codes;
mod config;
mod content;
mod darkroom;
mod direct;
mod error;
mod feature;
#[cfg(feature = "http")]
mod http;
mod library;
mod links;
mod migrations;
mod model;
pub mod permissions;
mod pictures;
mod ports;
mod privacy;
mod service;
mod store;
mod sweeping;
#[cfg(feature = "testing")]
pub mod testing;
mod uploads;
mod workshop;

pub use attach::{AttachRule, Attached};
pub use config::MediaConfig;
pub use error::{MediaError, PictureRefused};
pub use feature::{Deps, MediaFeature};
pub use migrations::ledger;
pub use model::{Accepts, Media, MediaChange, MediaFilter, MediaId, MediaStatus, NewMedia, StoredVariant, Upload, UploadId};
pub use pictures::{Bounds, Format, VariantName, near};
pub use ports::{ContentScan, NoScan, ScanVerdict, Scanned};
pub use service::{Chunks, Content, Darkroom, DirectUpload, DirectUploads, Library, Link, Part, Picked, Still, Uploads};
