//! Drawn pictures, and the contract fixture.

mod drawn;
#[cfg(feature = "http")]
mod fixture;

use crate::pictures::steps;

/// The body of the fuzz target for pictures: any bytes become clean pictures within the bounds, or are refused.
///
/// # Panics
///
/// When it does not hold.
pub fn fuzz(bytes: &[u8]) {
    let bounds =
        crate::MediaConfig { max_pixels: 65_536, max_side: 1024, max_animated_pixels: 262_144, ..Default::default() }.bounds();
    if let Ok(prepared) = crate::pictures::prepare(bytes, None, &bounds) {
        assert!(u64::from(prepared.width) * u64::from(prepared.height) <= bounds.max_pixels);
        assert!(!prepared.outputs.is_empty() && prepared.frames <= bounds.max_frames);
    }
    // Small enough that most pictures are shrunk while they are decoded, by different steps.
    for long_side in [3, 11, 100] {
        if let Ok((width, height, rgb)) = crate::pictures::still(bytes, None, &bounds, long_side) {
            assert!((1..=long_side).contains(&width) && (1..=long_side).contains(&height));
            assert_eq!(rgb.len() as u64, u64::from(width) * u64::from(height) * 3);
        }
    }
}

/// A JPEG with this long side and quality, as a bench measures it: decoded like what programs look at.
///
/// # Panics
///
/// When the bytes are no picture.
#[expect(clippy::expect_used, reason = "a bench that can't work fails")]
pub fn scaled(bytes: &[u8], long_side: u32, quality: u8) -> Vec<u8> {
    let format = crate::Format::sniff(bytes, None).expect("a known format");
    let raster = steps::fitted(bytes, format, &crate::MediaConfig::default().bounds(), long_side).expect("a picture");
    steps::jpeg(&raster, quality).expect("a picture that can be encoded")
}

/// Every smaller size of a photo, out of one decode.
///
/// # Panics
///
/// When the bytes are no picture.
#[expect(clippy::expect_used, reason = "a bench that can't work fails")]
pub fn ladder(bytes: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let sizes = steps::sizes(&decoded(bytes), false, &mut fast_image_resize::Resizer::new());
    let named = |output: crate::pictures::Output| (output.name.as_str(), output.bytes);
    sizes.expect("sizes that can be made").into_iter().map(named).collect()
}

/// All that an upload goes through: sniffed, decoded, made clean, with its fingerprint and all sizes. Gives how many files it makes.
///
/// # Panics
///
/// When the bytes are no picture.
#[expect(clippy::expect_used, reason = "a bench that can't work fails")]
pub fn whole_upload(bytes: &[u8]) -> usize {
    crate::pictures::prepare(bytes, None, &crate::MediaConfig::default().bounds()).expect("a picture").outputs.len()
}

#[expect(clippy::expect_used, reason = "a bench that can't work fails")]
fn decoded(bytes: &[u8]) -> crate::pictures::Raster {
    let format = crate::Format::sniff(bytes, None).expect("a known format");
    steps::decode(bytes, format, &crate::MediaConfig::default().bounds()).expect("a picture")
}

pub use drawn::{animation, drawing, photo};
#[cfg(feature = "http")]
pub use fixture::MediaFixture;
