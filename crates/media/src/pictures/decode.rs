use std::io::Cursor;

use fast_image_resize::Resizer;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageReader, Limits};

use super::raster::Raster;
use super::{Bounds, Format, Refusal, shrink};

/// A still picture, upright and in sRGB. Its size is checked before any pixel is decoded.
pub(crate) fn still(bytes: &[u8], format: Format, bounds: &Bounds) -> Result<Raster, Refusal> {
    let Opened { decoder, orientation, profile } = opened(bytes, format, bounds)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(|error| refusal(&error))?;
    image.apply_orientation(orientation);
    let mut raster = Raster::of(image);
    if let Some(profile) = profile {
        raster.convert_to_srgb(&profile);
    }
    Ok(raster)
}

/// The same with a long side of at most `long_side`. A JPEG that is much larger is shrunk while it is decoded.
pub(crate) fn fitted(bytes: &[u8], format: Format, bounds: &Bounds, long_side: u32) -> Result<Raster, Refusal> {
    if format == Format::Jpeg
        && let Some(raster) = shrink::fitted(bytes, bounds, long_side)?
    {
        return Ok(raster);
    }
    let raster = still(bytes, format, bounds)?;
    let size = raster.fitted(long_side);
    if size == (raster.width, raster.height) { Ok(raster) } else { raster.resized(&mut Resizer::new(), size) }
}

/// A picture whose header was read and found within the bounds.
pub(super) struct Opened<D> {
    pub(super) decoder: D,
    pub(super) orientation: Orientation,
    /// Of its colours.
    pub(super) profile: Option<Vec<u8>>,
}

pub(super) fn opened(bytes: &[u8], format: Format, bounds: &Bounds) -> Result<Opened<impl ImageDecoder>, Refusal> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format.decoder());
    reader.limits(limits(bounds));
    let mut decoder = reader.into_decoder().map_err(|error| refusal(&error))?;
    check_size(decoder.dimensions(), bounds)?;
    let orientation = decoder.orientation().map_err(|error| refusal(&error))?;
    let profile = decoder.icc_profile().ok().flatten();
    Ok(Opened { decoder, orientation, profile })
}

/// What a decoder may take: 8 bytes a pixel (four channels of 16 bits) for the largest picture.
pub(crate) fn limits(bounds: &Bounds) -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(bounds.max_side);
    limits.max_image_height = Some(bounds.max_side);
    limits.max_alloc = Some(bounds.max_pixels.saturating_mul(8));
    limits
}

pub(crate) fn check_size((width, height): (u32, u32), bounds: &Bounds) -> Result<(), Refusal> {
    let pixels = u64::from(width) * u64::from(height);
    if width > bounds.max_side || height > bounds.max_side || pixels > bounds.max_pixels {
        let (side, most) = (bounds.max_side, bounds.max_pixels);
        return Err(Refusal::TooLarge(format!("{width} by {height}; a side may have {side} pixels, all of it {most}")));
    }
    if pixels == 0 { Err(Refusal::Broken) } else { Ok(()) }
}

pub(crate) fn refusal(error: &image::ImageError) -> Refusal {
    match error {
        image::ImageError::Limits(_) => Refusal::TooLarge("more than the decoder may take".to_owned()),
        _ => Refusal::Broken,
    }
}
