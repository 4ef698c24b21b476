use core_kernel::FieldError;
use jpeg_encoder::{ColorType, Encoder};

use crate::posture::{float, rounded};
use crate::{Kind, Pixels, VisionError, codes};

/// The least pixels of the short side of a photo of a body.
const LEAST_SIDE: u32 = 256;
/// The same where a question is asked.
const LEAST_SIDE_GENERAL: u32 = 64;
const QUALITY: u8 = 85;

/// How a photo looks to a program.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Measured {
    /// Mean of the luma, 0 to 255.
    pub(crate) brightness: f64,
    /// Its standard deviation.
    pub(crate) contrast: f64,
    /// The variance of its Laplacian.
    pub(crate) sharpness: f64,
}

fn luma(pixel: &[u8]) -> f64 {
    match pixel {
        [r, g, b] => 0.299 * f64::from(*r) + 0.587 * f64::from(*g) + 0.114 * f64::from(*b),
        _ => 0.0,
    }
}

/// Looks at every pixel once.
pub(crate) fn measure(picture: &Pixels) -> Measured {
    let width = picture.width as usize;
    let luma: Vec<f64> = picture.rgb.chunks_exact(3).map(luma).collect();
    let (mean, variance) = moments(luma.iter().copied());
    let rows: Vec<&[f64]> = luma.chunks_exact(width.max(1)).collect();
    let laplacian = rows.windows(3).flat_map(|rows| {
        let [above, row, below] = rows else { return Vec::new() };
        let inner = row.windows(3).zip(above.iter().skip(1)).zip(below.iter().skip(1));
        let edge = |((middle, above), below): ((&[f64], &f64), &f64)| match middle {
            [left, at, right] => left + right + above + below - 4.0 * at,
            _ => 0.0,
        };
        inner.map(edge).collect()
    });
    let (_, sharpness) = moments(laplacian);
    Measured { brightness: rounded(mean, 1), contrast: rounded(variance.sqrt(), 1), sharpness: rounded(sharpness, 1) }
}

/// Mean and variance.
fn moments(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (count, sum, squares) =
        values.fold((0_usize, 0.0, 0.0), |(count, sum, squares), value| (count + 1, sum + value, squares + value * value));
    if count == 0 {
        return (0.0, 0.0);
    }
    let mean = sum / float(count);
    (mean, (squares / float(count) - mean * mean).max(0.0))
}

/// Why a photo is not good enough; product defaults. A question may be about any picture that is large enough.
pub(crate) fn faults(kind: Kind, picture: &Pixels, measured: &Measured, pointer: &str) -> Vec<FieldError> {
    let short = picture.width.min(picture.height);
    let least = if kind == Kind::Physique { LEAST_SIDE } else { LEAST_SIDE_GENERAL };
    let mut found = Vec::new();
    let mut add = |wrong: bool, code: &'static str, text: String| {
        found.extend(wrong.then(|| FieldError::new(pointer, code, text)));
    };
    add(short < least, "too_small", format!("The short side has {short} pixels; {least} are needed."));
    if kind == Kind::Physique {
        let Measured { brightness, contrast, sharpness } = *measured;
        add(brightness < 30.0, "too_dark", format!("The mean brightness is {brightness} of 255."));
        add(brightness > 235.0, "too_bright", format!("The mean brightness is {brightness} of 255."));
        add(contrast < 10.0, "no_contrast", format!("The brightness varies by {contrast} only."));
        add(sharpness < 4.0, "blurred", format!("The sharpness is {sharpness}."));
    }
    found
}

/// As a JPEG of a size that providers take.
pub(crate) fn encode(picture: &Pixels) -> Result<Vec<u8>, VisionError> {
    let side = |side: u32| u16::try_from(side).map_err(|_| VisionError::Plain(&codes::FAILED));
    let mut bytes = Vec::new();
    let encoded =
        Encoder::new(&mut bytes, QUALITY).encode(&picture.rgb, side(picture.width)?, side(picture.height)?, ColorType::Rgb);
    encoded.map_err(|error| {
        tracing::error!(%error, "a photo could not be encoded");
        VisionError::Plain(&codes::FAILED)
    })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::picture;

    fn even(value: u8) -> Pixels {
        Pixels { width: 300, height: 300, rgb: vec![value; 300 * 300 * 3] }
    }

    fn codes(picture: &Pixels) -> Vec<String> {
        faults(Kind::Physique, picture, &measure(picture), "/images/0").into_iter().map(|fault| fault.code.into_owned()).collect()
    }

    #[test]
    fn what_is_dark_bright_small_or_blurred_is_named() {
        assert!(codes(&picture(320, 480)).is_empty());
        assert_eq!(codes(&even(5)), ["too_dark", "no_contrast", "blurred"]);
        assert_eq!(codes(&even(250)), ["too_bright", "no_contrast", "blurred"]);
        assert_eq!(codes(&picture(200, 480)), ["too_small"]);
        let gradient = |at: usize| u8::try_from(at % 300 * 255 / 300).unwrap();
        let smooth = Pixels { width: 300, height: 300, rgb: (0..300 * 300).flat_map(|at| [gradient(at); 3]).collect() };
        assert_eq!(codes(&smooth), ["blurred"]);
    }

    #[test]
    fn a_question_may_be_about_a_plain_picture() {
        let plain = even(5);
        assert!(faults(Kind::General, &plain, &measure(&plain), "").is_empty());
    }

    #[test]
    fn photos_are_jpegs() {
        assert!(encode(&picture(320, 480)).unwrap().starts_with(&[0xff, 0xd8, 0xff]));
    }
}
