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
