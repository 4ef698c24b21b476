//! Drawn pictures, and the contract fixture.

mod drawn;
#[cfg(feature = "http")]
mod fixture;

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
}

pub use drawn::{animation, drawing, photo};
#[cfg(feature = "http")]
pub use fixture::MediaFixture;
