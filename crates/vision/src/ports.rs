use async_trait::async_trait;
use bytes::Bytes;
use core_kernel::{Actor, PortError};
use serde_json::Value;
use uuid::Uuid;

use crate::BodyProfile;
use crate::posture::{Landmark, Layout, Motion};

/// A picture as pixels: three bytes each, red first, row by row, upright, sRGB.
#[derive(Clone, PartialEq, Eq)]
pub struct Pixels {
    /// Pixels of a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// `width * height * 3` bytes.
    pub rgb: Vec<u8>,
}

impl std::fmt::Debug for Pixels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pixels").field("width", &self.width).field("height", &self.height).finish_non_exhaustive()
    }
}

/// An uploaded file that should be a photo; untrusted.
#[derive(Debug)]
pub struct PhotoFile {
    /// Its content.
    pub file: tempfile::NamedTempFile,
    /// The type that the client declares.
    pub declared: Option<String>,
}

/// Photos: those that people keep on the server, and those that they send. The feature that keeps media stands behind it.
#[async_trait]
pub trait Photos: Send + Sync {
    /// One that the actor may see, its long side at most `long_edge`; none: there is none.
    async fn load(&self, actor: &Actor, media: Uuid, long_edge: u32) -> Result<Option<Pixels>, PortError>;
    /// The pixels of an uploaded file, bounded and without anything else that the file holds. Nothing is kept.
    async fn develop(&self, photo: PhotoFile, long_edge: u32) -> Result<Pixels, PortError>;
}

/// A photo for a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo {
    /// Its media type.
    pub mime: &'static str,
    /// Its bytes.
    pub bytes: Bytes,
}

/// What a model is asked about photos.
#[derive(Clone, Debug, PartialEq)]
pub struct VisionQuestion {
    /// The product's instructions.
    pub system: String,
    /// The question; it may hold a person's words.
    pub prompt: String,
    /// One to three.
    pub photos: Vec<Photo>,
    /// JSON Schema of the answer.
    pub schema: Value,
    /// `provider/model`; none: the default.
    pub model: Option<String>,
    /// The most tokens of the answer.
    pub max_output_tokens: u32,
}

/// What a model said.
#[derive(Clone, Debug, PartialEq)]
pub struct VisionAnswer {
    /// The document in its answer; none: there is none that can be read.
    pub value: Option<Value>,
    /// How it was read: `exact`, `extracted`, `repaired` or `none`.
    pub proof: String,
    /// Where it breaks the schema.
    pub violations: Vec<String>,
    /// Who answered.
    pub provider: String,
    /// Which model.
    pub model: String,
    /// The entry of the ledger that it is paid by.
    pub generation_id: Option<Uuid>,
    /// Tokens.
    pub usage: Value,
}

/// A model that looks at pictures. What it says is a witness, never a measurement.
#[async_trait]
pub trait VisionModel: Send + Sync {
    /// True when a model that takes images is set up and the actor may use it.
    fn is_available(&self, actor: &Actor) -> bool;
    /// The provider that would be asked.
    fn provider(&self, actor: &Actor) -> Option<String>;
    /// Asks.
    async fn ask(&self, actor: &Actor, question: VisionQuestion) -> Result<VisionAnswer, PortError>;
}

/// What a formula says of a body.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// Stable name, such as `navy_men`.
    pub id: String,
    /// For people.
    pub name: String,
    /// Body fat in percent.
    pub value: f64,
    /// In points; none: none is published.
    pub standard_error: Option<f64>,
    /// The publication.
    pub source: String,
}

/// Measures of bodies and formulas over them. The feature that knows formulas stands behind it.
#[async_trait]
pub trait BodyFormulas: Send + Sync {
    /// What the person has written about their body; none: nothing.
    async fn profile(&self, actor: &Actor) -> Result<Option<BodyProfile>, PortError>;
    /// Body fat by every formula that the measures allow.
    fn body_fat(&self, profile: &BodyProfile) -> Vec<Estimate>;
}

/// How exercises move. The feature that keeps exercises stands behind it.
pub trait FormRules: Send + Sync {
    /// The motion of an exercise, by slug, name or alias; none: nothing describes it.
    fn motion(&self, exercise: &str) -> Option<Motion>;
    /// Every motion.
    fn all(&self) -> Vec<Motion>;
}

/// Why a pose model gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PoseFailure(pub String);

/// A model that finds a body in a picture. It takes a processor for a while and is called off the async threads.
pub trait PoseEstimator: Send + Sync {
    /// The order of its landmarks.
    fn layout(&self) -> Layout;
    /// The landmarks as parts of the picture.
    fn estimate(&self, picture: &Pixels) -> Result<Vec<Option<Landmark>>, PoseFailure>;
}
