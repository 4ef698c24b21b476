//! From a picture to the tensor that a model takes, and back to places in the picture.

use super::output::Spot;
use crate::posture::{Landmark, float};
use crate::{ChannelScale, Pixels, PoseConfig, TensorOrder};

/// The means and standard deviations of ImageNet's channels from 0 to 255 (torchvision's transforms), which most published models are
/// trained with.
const IMAGENET: [(f64, f64); 3] = [(123.675, 58.395), (116.28, 57.12), (103.53, 57.375)];
/// The farthest that a landmark may lie outside of the picture, in widths or heights: what `POST /vision/posture` takes.
const OUTSIDE: f64 = 5.0;

/// How a picture lies in the input: its scale, and the empty pixels to its left and above it.
fn letterbox(picture: &Pixels, config: &PoseConfig) -> (f64, [f64; 2]) {
    let (across, down) = config.input_sides();
    let (across, down) = (f64::from(across), f64::from(down));
    let (width, height) = (f64::from(picture.width.max(1)), f64::from(picture.height.max(1)));
    let scale = (across / width).min(down / height);
    (scale, [(across - width * scale) / 2.0, (down - height * scale) / 2.0])
}

/// The whole picture in the middle of a black input, in the order and scale that the model takes. Each pixel is the mean of those that it
/// covers.
pub(super) fn filled(picture: &Pixels, config: &PoseConfig) -> Vec<f32> {
    let (across, down) = config.input_sides();
    let (across, down) = (across as usize, down as usize);
    let (scale, [left, top]) = letterbox(picture, config);
    let mut tensor = vec![0.0; across * down * 3];
    for row in 0..down {
        for column in 0..across {
            let place = [(float(column) - left) / scale, (float(row) - top) / scale];
            let pixel = covered(picture, place, 1.0 / scale).unwrap_or_default();
            for (channel, byte) in pixel.into_iter().enumerate() {
                let at = match config.tensor {
                    TensorOrder::Nchw => (channel * down + row) * across + column,
                    TensorOrder::Nhwc => (row * across + column) * 3 + channel,
                };
                if let Some(target) = tensor.get_mut(at) {
                    *target = scaled(byte, channel, config.scale);
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

#[expect(clippy::cast_possible_truncation, reason = "a channel's value")]
fn scaled(byte: f64, channel: usize, scale: ChannelScale) -> f32 {
    let scaled = match scale {
        ChannelScale::Byte => byte.round(),
        ChannelScale::Unit => byte / 255.0,
        ChannelScale::Signed => byte / 127.5 - 1.0,
        ChannelScale::Imagenet => IMAGENET.get(channel).map_or(byte, |(mean, deviation)| (byte - mean) / deviation),
    };
    scaled as f32
}

/// From parts of the input to parts of the picture.
pub(super) fn back(spot: Spot, picture: &Pixels, config: &PoseConfig) -> Landmark {
    let (across, down) = config.input_sides();
    let (scale, [left, top]) = letterbox(picture, config);
    let part = |value: f64, side: u32, pad: f64, length: u32| {
        let place = (value * f64::from(side) - pad) / (f64::from(length.max(1)) * scale);
        place.clamp(-OUTSIDE, OUTSIDE)
    };
    [part(spot.x, across, left, picture.width), part(spot.y, down, top, picture.height), spot.score]
}
