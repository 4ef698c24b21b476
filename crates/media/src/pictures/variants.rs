use fast_image_resize::Resizer;
use serde::{Deserialize, Serialize};

use super::raster::Raster;
use super::{Bounds, Fingerprint, Format, Refusal, decode, encode, gif};

/// The sizes in which a picture is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VariantName {
    /// As it was sent, made clean.
    Original,
    /// Long side 2048.
    Large,
    /// Long side 1280.
    Medium,
    /// Long side 640.
    Small,
    /// Long side 320.
    Thumb,
}

impl VariantName {
    /// Those that are smaller than the original, largest first.
    pub const SIZES: [Self; 4] = [Self::Large, Self::Medium, Self::Small, Self::Thumb];

    /// The most pixels of the long side.
    pub const fn long_side(self) -> u32 {
        match self {
            Self::Original => u32::MAX,
            Self::Large => 2048,
            Self::Medium => 1280,
            Self::Small => 640,
            Self::Thumb => 320,
        }
    }

    /// The name in paths and rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Original => "original",
            Self::Large => "large",
            Self::Medium => "medium",
            Self::Small => "small",
            Self::Thumb => "thumb",
        }
    }

    const ALL: [Self; 5] = [Self::Original, Self::Large, Self::Medium, Self::Small, Self::Thumb];

    /// The number by which links name it.
    pub(crate) fn number(self) -> u8 {
        Self::ALL.iter().zip(0..).find_map(|(name, number)| (*name == self).then_some(number)).unwrap_or_default()
    }

    pub(crate) fn of_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// From a path or row.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.as_str() == text)
    }
}

/// One picture that is stored.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    pub(crate) name: VariantName,
    pub(crate) format: Format,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) bytes: Vec<u8>,
}

/// A clean picture in all its sizes.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) frames: u32,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) outputs: Vec<Output>,
}

const QUALITY: u8 = 82;
const ORIGINAL_QUALITY: u8 = 88;

/// Decodes once and encodes every size. What the client sent is never stored: everything is encoded again, which leaves behind
/// metadata, places, and whatever else hides in a file.
pub(crate) fn prepare(bytes: &[u8], declared: Option<&str>, bounds: &Bounds) -> Result<Prepared, Refusal> {
    let format = Format::sniff(bytes, declared)?;
    if format == Format::Gif
        && let Some(animated) = gif::prepare(bytes, bounds)?
    {
        return Ok(animated);
    }
    let original = decode::still(bytes, format, bounds)?;
    let mut resizer = Resizer::new();
    let fingerprint = Fingerprint::of(&original, &mut resizer)?;
    // Drawings and screenshots that came without loss stay so.
    let lossless = original.alpha || matches!(format, Format::Png | Format::Gif);
    let mut outputs = encoded(&original, VariantName::Original, lossless)?;
    outputs.extend(sizes(&original, lossless, &mut resizer)?);
    Ok(Prepared { width: original.width, height: original.height, frames: 1, fingerprint, outputs })
}

/// Every size that is smaller than the original.
pub(crate) fn sizes(original: &Raster, lossless: bool, resizer: &mut Resizer) -> Result<Vec<Output>, Refusal> {
    let mut outputs = Vec::new();
    // Each size is made from the smallest one that is at least twice as large: hardly different, and much less work.
    let mut made: Vec<Raster> = Vec::new();
    for name in VariantName::SIZES {
        if original.long_side() <= name.long_side() {
            continue;
        }
        let fits = |raster: &&Raster| raster.long_side() >= 2 * name.long_side();
        let source = made.iter().rev().find(fits).unwrap_or(original);
        let raster = source.resized(resizer, original.fitted(name.long_side()))?;
        outputs.extend(encoded(&raster, name, lossless)?);
        made.push(raster);
    }
    Ok(outputs)
}

/// A clean picture in some of its sizes, largest first.
pub(crate) fn rasters(bytes: &[u8], format: Format, bounds: &Bounds, sizes: &[(u32, u32)]) -> Result<Vec<Raster>, Refusal> {
    let largest = sizes.iter().map(|(width, height)| (*width).max(*height)).max().unwrap_or_default();
    let original = decode::fitted(bytes, format, bounds, largest)?;
    let mut resizer = Resizer::new();
    let mut made: Vec<Raster> = Vec::new();
    for (width, height) in sizes {
        let fits = |raster: &&Raster| raster.long_side() >= 2 * (*width).max(*height);
        let source = made.iter().rev().find(fits).unwrap_or(&original);
        made.push(source.resized(&mut resizer, (*width, *height))?);
    }
    Ok(made)
}

/// Width, height and pixels (three bytes each) of a picture, of an animation its first frame, under the same rules as [`prepare`].
pub(crate) fn still(
    bytes: &[u8],
    declared: Option<&str>,
    bounds: &Bounds,
    long_side: u32,
) -> Result<(u32, u32, Vec<u8>), Refusal> {
    let format = Format::sniff(bytes, declared)?;
    let raster = decode::fitted(bytes, format, bounds, long_side)?;
    Ok((raster.width, raster.height, raster.over_white()))
}

/// A picture with transparency, or one that came without loss, is a PNG, and a WebP beside it where that is smaller; anything else
/// is a JPEG. A picture without transparency that was a PNG but looks like a photo is a JPEG too: its PNG is eight times as large.
fn encoded(raster: &Raster, name: VariantName, lossless: bool) -> Result<Vec<Output>, Refusal> {
    let output = |format, bytes| Output { name, format, width: raster.width, height: raster.height, bytes };
    if !lossless {
        let quality = if name == VariantName::Original { ORIGINAL_QUALITY } else { QUALITY };
        return Ok(vec![output(Format::Jpeg, encode::jpeg(raster, quality)?)]);
    }
    let png = encode::png(raster)?;
    if !raster.alpha && name != VariantName::Original {
        let jpeg = encode::jpeg(raster, QUALITY)?;
        if jpeg.len() * 8 < png.len() {
            return Ok(vec![output(Format::Jpeg, jpeg)]);
        }
    }
    let webp = encode::webp(raster)?;
    let smaller = webp.len() < png.len();
    let mut all = vec![output(Format::Png, png)];
    all.extend(smaller.then(|| output(Format::Webp, webp)));
    Ok(all)
}
