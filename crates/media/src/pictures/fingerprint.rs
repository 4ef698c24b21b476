use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fast_image_resize::Resizer;

use super::Refusal;
use super::raster::Raster;

/// The long side of what a thumbhash is made from, as its author has it.
const SAMPLE: u32 = 100;

/// What a client shows before the picture is there, and what tells that two are nearly the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    /// <https://evanw.github.io/thumbhash/>, base64.
    pub(crate) thumbhash: String,
    /// `#rrggbb`.
    pub(crate) dominant_color: String,
    /// Difference hash: one bit a pixel of a 9 by 8 picture, brighter than its right neighbour.
    pub(crate) dhash: u64,
}

/// True when two difference hashes are of nearly the same picture: at most six bits of 64 differ.
pub fn near(one: u64, other: u64) -> bool {
    (one ^ other).count_ones() <= 6
}

impl Fingerprint {
    pub(crate) fn of(raster: &Raster, resizer: &mut Resizer) -> Result<Self, Refusal> {
        let sample = raster.resized(resizer, raster.fitted(SAMPLE))?;
        let rgba = sample.rgba();
        let hash = thumbhash::rgba_to_thumb_hash(sample.width as usize, sample.height as usize, &rgba);
        let grid = sample.resized(resizer, (9, 8))?;
        Ok(Self { thumbhash: STANDARD.encode(hash), dominant_color: dominant(&rgba), dhash: dhash(&grid) })
    }
}

/// The mean of the fullest of 4096 boxes of colours.
fn dominant(rgba: &[u8]) -> String {
    let mut boxes = std::collections::HashMap::<[u8; 3], [u64; 4]>::new();
    for pixel in rgba.chunks_exact(4) {
        let &[red, green, blue, alpha] = pixel else { continue };
        if alpha < 128 {
            continue;
        }
        let sums = boxes.entry([red >> 4, green >> 4, blue >> 4]).or_default();
        for (sum, value) in sums.iter_mut().zip([u64::from(red), u64::from(green), u64::from(blue), 1]) {
            *sum += value;
        }
    }
    // The same picture gives the same colour, also when two boxes are as full.
    let fullest = boxes.into_iter().max_by_key(|(key, [.., count])| (*count, *key));
    let Some((_, [red, green, blue, count])) = fullest else { return "#000000".to_owned() };
    format!("#{:02x}{:02x}{:02x}", red / count, green / count, blue / count)
}

fn dhash(grid: &Raster) -> u64 {
    let channels = grid.channels();
    let luma = |pixel: &[u8]| match *pixel {
        [red, green, blue, ..] => u32::from(red) * 299 + u32::from(green) * 587 + u32::from(blue) * 114,
        _ => 0,
    };
    let mut hash = 0;
    for row in grid.data.chunks_exact(9 * channels) {
        let values: Vec<u32> = row.chunks_exact(channels).map(luma).collect();
        for pair in values.windows(2) {
            hash = (hash << 1) | u64::from(matches!(*pair, [left, right] if left > right));
        }
    }
    hash
}
