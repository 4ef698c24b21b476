use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::posture::Layout;

/// Settings of vision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VisionConfig {
    /// Which model looks at photos, as `provider/model`; empty: the default model of the requests.
    pub model: String,
    /// The most pixels of a photo's long side as a model gets it.
    pub long_edge: u32,
    /// The same for single providers, by name.
    pub provider_long_edges: BTreeMap<String, u32>,
    /// The most bytes of an uploaded photo.
    pub max_photo_bytes: u64,
    /// Days that an analysis is kept where the request does not say it.
    pub retain_days: u32,
    /// The most days that a request may ask for.
    pub max_retain_days: u32,
    /// The least standard error of a model's look at a photo, in points of body fat.
    pub model_standard_error: f64,
    /// An operator's pose model.
    pub pose: PoseConfig,
}

/// In which order a model's input holds the colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TensorOrder {
    /// Three numbers for each pixel.
    Nhwc,
    /// All of red, then green, then blue.
    Nchw,
}

/// What a channel holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelScale {
    /// 0 to 255.
    Byte,
    /// 0 to 1.
    Unit,
    /// -1 to 1.
    Signed,
    /// Less the mean of ImageNet's pictures, in their standard deviations.
    Imagenet,
}

/// How a model gives its landmarks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PoseOutput {
    /// Places and scores.
    Points,
    /// A map for each landmark, whose peak is its place.
    Heatmaps,
    /// A row across and a row down for each landmark (SimCC).
    Simcc,
}

/// A pose model (ONNX) that this server runs itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PoseConfig {
    /// The file; absent: landmarks come from clients.
    pub model_path: Option<PathBuf>,
    /// SHA-256 of the file in hexadecimal; it is not loaded without.
    pub model_sha256: String,
    /// In which order its landmarks come: `coco17` or `mediapipe33`.
    pub layout: Layout,
    /// The width of its input in pixels.
    pub input_size: u32,
    /// The height of its input in pixels; none: as wide.
    pub input_height: Option<u32>,
    /// The order of its input.
    pub tensor: TensorOrder,
    /// What a channel of its input holds.
    pub scale: ChannelScale,
    /// How it gives its landmarks.
    pub output: PoseOutput,
    /// Its output is y, x, score instead of x, y, score.
    pub y_first: bool,
    /// Its output is in pixels of the input instead of parts of it.
    pub pixels: bool,
    /// Its scores are logits.
    pub logits: bool,
    /// The longest that it may work on a picture, in milliseconds.
    pub time_limit_ms: u64,
    /// Pictures that it works on at once; 0 is one for each core.
    pub workers: usize,
    /// Pictures that wait for a worker; more are refused with 503.
    pub waiting: usize,
}

impl Default for PoseConfig {
    fn default() -> Self {
        Self {
            model_path: None,
            model_sha256: String::new(),
            layout: Layout::Coco17,
            input_size: 192,
            input_height: None,
            tensor: TensorOrder::Nhwc,
            scale: ChannelScale::Byte,
            output: PoseOutput::Points,
            y_first: true,
            pixels: false,
            logits: false,
            time_limit_ms: 10_000,
            workers: 0,
            waiting: 32,
        }
    }
}

#[cfg(feature = "onnx")]
impl PoseConfig {
    /// Width and height of its input.
    pub(crate) fn input_sides(&self) -> (u32, u32) {
        (self.input_size, self.input_height.unwrap_or(self.input_size))
    }
}

impl Default for VisionConfig {
    fn default() -> Self {
        Self {
            model: String::new(),
            long_edge: 1280,
            provider_long_edges: BTreeMap::new(),
            max_photo_bytes: 10 * 1024 * 1024,
            retain_days: 90,
            max_retain_days: 730,
            model_standard_error: 5.0,
            pose: PoseConfig::default(),
        }
    }
}

impl VisionConfig {
    /// What is wrong with it: setting and rule.
    pub fn validate(&self) -> Vec<(&'static str, String)> {
        let edges = || std::iter::once(self.long_edge).chain(self.provider_long_edges.values().copied());
        let pose = &self.pose;
        let hash = pose.model_sha256.len() == 64 && pose.model_sha256.chars().all(|digit| digit.is_ascii_hexdigit());
        let rules = [
            (edges().all(|edge| (512..=2048).contains(&edge)), "long_edge", "must be 512 to 2048, for every provider"),
            ((65_536..=64 * 1024 * 1024).contains(&self.max_photo_bytes), "max_photo_bytes", "must be 65536 to 67108864"),
            ((1..=3650).contains(&self.max_retain_days), "max_retain_days", "must be 1 to 3650"),
            ((1..=self.max_retain_days).contains(&self.retain_days), "retain_days", "must be 1 to max_retain_days"),
            ((3.0..=20.0).contains(&self.model_standard_error), "model_standard_error", "must be 3 to 20"),
            (pose.model_path.is_none() || hash, "pose.model_sha256", "must be the SHA-256 of the model in 64 hexadecimal digits"),
            ((32..=1024).contains(&pose.input_size), "pose.input_size", "must be 32 to 1024"),
            (pose.input_height.is_none_or(|side| (32..=1024).contains(&side)), "pose.input_height", "must be 32 to 1024"),
            (pose.layout != Layout::Named, "pose.layout", "must be coco17 or mediapipe33"),
            ((100..=60_000).contains(&pose.time_limit_ms), "pose.time_limit_ms", "must be 100 to 60000"),
            (pose.workers <= 64, "pose.workers", "must be at most 64"),
            (pose.waiting <= 10_000, "pose.waiting", "must be at most 10000"),
        ];
        rules.into_iter().filter(|(holds, ..)| !holds).map(|(_, name, rule)| (name, rule.to_owned())).collect()
    }

    /// The long side for a provider.
    pub(crate) fn edge_for(&self, provider: Option<&str>) -> u32 {
        provider.and_then(|provider| self.provider_long_edges.get(provider)).copied().unwrap_or(self.long_edge)
    }
}
