use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::Refusal;
use super::raster::Raster;

/// Progressive, optimised Huffman tables, chroma at half resolution; no metadata.
pub(crate) fn jpeg(raster: &Raster, quality: u8) -> Result<Vec<u8>, Refusal> {
    let (width, height) = (side(raster.width)?, side(raster.height)?);
    let mut out = Vec::with_capacity(raster.data.len() / 8);
    let mut encoder = Encoder::new(&mut out, quality);
    encoder.set_progressive(true);
    encoder.set_optimized_huffman_tables(true);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    let color = if raster.alpha { ColorType::Rgba } else { ColorType::Rgb };
    encoder.encode(&raster.data, width, height, color).map_err(|_| Refusal::Broken)?;
    Ok(out)
}

fn side(pixels: u32) -> Result<u16, Refusal> {
    u16::try_from(pixels).map_err(|_| Refusal::TooLarge("a side of a JPEG has 65535 pixels at most".to_owned()))
}

/// Larger pictures are written fast: the smallest form of 12 megapixels takes five seconds.
const SMALL: usize = 1_000_000;

/// PNG, without metadata.
pub(crate) fn png(raster: &Raster) -> Result<Vec<u8>, Refusal> {
    let mut out = Vec::new();
    let pixels = raster.data.len() / raster.channels();
    let effort = if pixels > SMALL { CompressionType::Fast } else { CompressionType::Default };
    let encoder = PngEncoder::new_with_quality(&mut out, effort, FilterType::Adaptive);
    write(encoder, raster)?;
    Ok(out)
}

/// From 0 to 100, on a scale of its own. It looks like the JPEGs of the smaller sizes.
#[cfg(feature = "avif")]
const AVIF_QUALITY: f32 = 65.0;
/// From 1 to 10. One step slower takes twice the time for a picture as large; one step faster makes it a third larger.
#[cfg(feature = "avif")]
const AVIF_SPEED: u8 = 9;

/// AVIF of 8 bits, without metadata. It takes seconds.
#[cfg(feature = "avif")]
pub(crate) fn avif(raster: &Raster) -> Result<Vec<u8>, Refusal> {
    use ravif::{BitDepth, Img, RGB8, RGBA8};
    let encoder = ravif::Encoder::new().with_quality(AVIF_QUALITY).with_speed(AVIF_SPEED).with_alpha_quality(AVIF_QUALITY);
    // The workshop bounds what runs at once.
    let encoder = encoder.with_num_threads(Some(1)).with_bit_depth(BitDepth::Eight);
    let (width, height) = (raster.width as usize, raster.height as usize);
    let encoded = if raster.alpha {
        let pixels: Vec<_> = raster.data.as_chunks::<4>().0.iter().map(|[r, g, b, a]| RGBA8::new(*r, *g, *b, *a)).collect();
        encoder.encode_rgba(Img::new(&pixels, width, height))
    } else {
        let pixels: Vec<_> = raster.data.as_chunks::<3>().0.iter().map(|[r, g, b]| RGB8::new(*r, *g, *b)).collect();
        encoder.encode_rgb(Img::new(&pixels, width, height))
    };
    Ok(encoded.map_err(|_| Refusal::Broken)?.avif_file)
}

/// Nothing asks for it: settings that do are refused.
#[cfg(not(feature = "avif"))]
pub(crate) fn avif(_raster: &Raster) -> Result<Vec<u8>, Refusal> {
    Err(Refusal::Unsupported { found: "image/avif" })
}

/// Lossless WebP, without metadata.
pub(crate) fn webp(raster: &Raster) -> Result<Vec<u8>, Refusal> {
    let mut out = Vec::new();
    write(WebPEncoder::new_lossless(&mut out), raster)?;
    Ok(out)
}

fn write(encoder: impl ImageEncoder, raster: &Raster) -> Result<(), Refusal> {
    let color = if raster.alpha { ExtendedColorType::Rgba8 } else { ExtendedColorType::Rgb8 };
    encoder.write_image(&raster.data, raster.width, raster.height, color).map_err(|_| Refusal::Broken)
}
