//! A pose model as an ONNX file, run by tract.

use std::io::Read as _;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;

use tract_onnx::prelude::*;

use crate::blobs::sha256;
use crate::posture::{Landmark, Layout, float};
use crate::{Pixels, PoseConfig, PoseEstimator, PoseFailure};

/// The most bytes of a model.
const MOST_BYTES: u64 = 512 * 1024 * 1024;

/// A model that is ready to run.
pub(crate) struct OnnxPose {
    plan: Arc<TypedRunnableModel>,
    input: DatumType,
    config: PoseConfig,
    count: usize,
}

impl OnnxPose {
    /// Loads a file whose hash is the configured one.
    pub(crate) fn open(path: &Path, config: &PoseConfig) -> Result<Self, String> {
        let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
        let mut bytes = Vec::new();
        file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        if bytes.len() as u64 > MOST_BYTES {
            return Err(format!("it has more than {MOST_BYTES} bytes"));
        }
        let found = sha256(&bytes);
        if !found.eq_ignore_ascii_case(&config.model_sha256) {
            return Err(format!("its SHA-256 is {found}, not vision.pose.model_sha256"));
        }
        Self::read(&bytes, config)
    }

    /// A file that is no model may bring a parser to panic; that is its own fault, not the server's end.
    pub(crate) fn read(bytes: &[u8], config: &PoseConfig) -> Result<Self, String> {
        let read = || Self::build(bytes, config).map_err(|error| format!("{error:#}"));
        std::panic::catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err("it is no model".to_owned()))
    }

    fn build(bytes: &[u8], config: &PoseConfig) -> TractResult<Self> {
        let count = config.layout.count().ok_or_else(|| format_err!("vision.pose.layout is no list"))?;
        let model = tract_onnx::onnx().model_for_read(&mut &*bytes)?;
        if model.inputs.len() != 1 {
            bail!("it has {} inputs; one is expected", model.inputs.len());
        }
        let input = model.input_fact(0)?.datum_type.concretize().unwrap_or(f32::datum_type());
        let side = config.input_size as usize;
        let shape = if config.tensor == "nchw" { [1, 3, side, side] } else { [1, side, side, 3] };
        let model = model.with_input_fact(0, input.fact(shape).into())?.into_optimized()?;
        let shown = model.output_fact(0)?.shape.as_concrete().map(<[usize]>::to_vec);
        if shown.as_ref().is_none_or(|shape| shape.iter().product::<usize>() != count * 3) {
            bail!("its output is {shown:?}; {count} landmarks of three numbers are expected");
        }
        Ok(Self { plan: model.into_runnable()?, input, config: config.clone(), count })
    }

    fn run(&self, picture: &Pixels) -> TractResult<Vec<f32>> {
        let side = self.config.input_size as usize;
        let shape = if self.config.tensor == "nchw" { [1, 3, side, side] } else { [1, side, side, 3] };
        let tensor = Tensor::from_shape(&shape, &filled(picture, &self.config))?;
        let tensor = tensor.cast_to_dt(self.input)?.into_owned();
        let outputs = self.plan.run(tvec!(tensor.into()))?;
        let output = outputs.first().ok_or_else(|| format_err!("no output"))?;
        let numbers = output.cast_to::<f32>()?;
        Ok(numbers.to_plain_array_view::<f32>()?.iter().copied().collect())
    }
}

impl PoseEstimator for OnnxPose {
    fn layout(&self) -> Layout {
        self.config.layout
    }

    fn estimate(&self, picture: &Pixels) -> Result<Vec<Option<Landmark>>, PoseFailure> {
        let run = || self.run(picture).map_err(|error| PoseFailure(format!("{error:#}")));
        let numbers =
            std::panic::catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err(PoseFailure("it panicked".to_owned())))?;
        if numbers.len() != self.count * 3 || numbers.iter().any(|number| !number.is_finite()) {
            return Err(PoseFailure("the model gave no landmarks".to_owned()));
        }
        Ok(numbers.chunks_exact(3).map(|three| landmark(three, picture, &self.config)).collect())
    }
}

/// How a picture lies in the square: its scale, and the empty pixels to its left and above it.
fn letterbox(picture: &Pixels, side: u32) -> (f64, [f64; 2]) {
    let (width, height, side) = (f64::from(picture.width.max(1)), f64::from(picture.height.max(1)), f64::from(side));
    let scale = side / width.max(height);
    (scale, [(side - width * scale) / 2.0, (side - height * scale) / 2.0])
}

/// The picture in the middle of a black square, in the order and scale that the model takes. Each pixel is the mean of those that it covers.
fn filled(picture: &Pixels, config: &PoseConfig) -> Vec<f32> {
    let side = config.input_size as usize;
    let (scale, [left, top]) = letterbox(picture, config.input_size);
    let mut tensor = vec![value(0.0, &config.scale); side * side * 3];
    for row in 0..side {
        for column in 0..side {
            let Some(pixel) = covered(picture, [(float(column) - left) / scale, (float(row) - top) / scale], 1.0 / scale) else {
                continue;
            };
            for (channel, byte) in pixel.into_iter().enumerate() {
                let at = if config.tensor == "nchw" {
                    (channel * side + row) * side + column
                } else {
                    (row * side + column) * 3 + channel
                };
                if let Some(target) = tensor.get_mut(at) {
                    *target = value(byte, &config.scale);
                }
            }
        }
    }
    tensor
}

/// The mean colour of a square of the picture; none outside of it.
fn covered(picture: &Pixels, [x, y]: [f64; 2], size: f64) -> Option<[f64; 3]> {
    let range = |from: f64, most: u32| {
        let most = f64::from(most);
        let middle = from + size / 2.0;
        if middle < 0.0 || middle >= most {
            return None;
        }
        let first = index(from.max(0.0).floor());
        let last = index((from + size).min(most).ceil()).max(first + 1);
        Some(first..last)
    };
    let (columns, rows) = (range(x, picture.width)?, range(y, picture.height)?);
    let (mut sum, mut count) = ([0.0; 3], 0.0);
    for row in rows {
        for column in columns.clone() {
            let at = (row * picture.width as usize + column) * 3;
            let Some(pixel) = picture.rgb.get(at..at + 3) else { continue };
            for (sum, byte) in sum.iter_mut().zip(pixel) {
                *sum += f64::from(*byte);
            }
            count += 1.0;
        }
    }
    (count > 0.0).then(|| sum.map(|sum| sum / count))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place within a picture")]
fn index(value: f64) -> usize {
    value as usize
}

#[expect(clippy::cast_possible_truncation, reason = "a byte or less")]
fn value(byte: f64, scale: &str) -> f32 {
    let scaled = match scale {
        "unit" => byte / 255.0,
        "signed" => byte / 127.5 - 1.0,
        _ => byte.round(),
    };
    scaled as f32
}

/// Back from the square to parts of the picture.
fn landmark(three: &[f32], picture: &Pixels, config: &PoseConfig) -> Option<Landmark> {
    let [first, second, score] = three else { return None };
    let (x, y) = if config.y_first { (second, first) } else { (first, second) };
    let (scale, [left, top]) = letterbox(picture, config.input_size);
    let unit = if config.pixels { 1.0 } else { f64::from(config.input_size) };
    let back = |value: f32, pad: f64, length: u32| (f64::from(value) * unit - pad) / (f64::from(length.max(1)) * scale);
    Some([back(*x, left, picture.width), back(*y, top, picture.height), f64::from(*score).clamp(0.0, 1.0)])
}

#[cfg(test)]
#[path = "onnx_tests.rs"]
mod tests;
