//! JPEGs that come out at a half, a quarter or an eighth of their size. Their blocks are turned into fewer pixels than they hold, so
//! nothing of the whole size is ever in memory, and most of the work is not done. What is out of the ordinary goes the long way.

use fast_image_resize::Resizer;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder as _, RgbImage};
use jpeg_decoder::PixelFormat;

use super::decode::{Opened, opened};
use super::raster::{Raster, fitted as fitted_size};
use super::{Bounds, Format, Refusal};

/// Cameras and encoders write a dozen. Each costs a pass over the whole picture, so a small file of thousands would take minutes.
const MOST_SCANS: usize = 32;

/// A JPEG with a long side of at most `long_side`, upright and in sRGB; none where it can't be had this way: it is not much larger, it
/// is not one that every decoder reads alike, or it is broken.
pub(super) fn fitted(bytes: &[u8], bounds: &Bounds, long_side: u32) -> Result<Option<Raster>, Refusal> {
    let Some(shape) = Shape::read(bytes).filter(|shape| shape.is_ordinary(bytes)) else { return Ok(None) };
    let whole = (u32::from(shape.width), u32::from(shape.height));
    let wanted = fitted_size(whole, long_side);
    let Some(part) = largest_step(whole, wanted) else { return Ok(None) };
    let Opened { decoder, orientation, profile } = opened(bytes, Format::Jpeg, bounds)?;
    if decoder.dimensions() != whole {
        return Ok(None);
    }
    // It holds a copy of the file.
    drop(decoder);
    let Some(shrunk) = decoded(bytes, whole, part) else { return Ok(None) };
    // The last row and column may stand for less than a pixel.
    let corner = (f64::from(whole.0) / f64::from(part), f64::from(whole.1) / f64::from(part));
    let Some(mut raster) = turned(shrunk.part_resized(&mut Resizer::new(), corner, wanted)?, orientation) else {
        return Ok(None);
    };
    if let Some(profile) = profile {
        raster.convert_to_srgb(&profile);
    }
    Ok(Some(raster))
}

/// The largest step that leaves at least what is wanted; none: not even a half does.
fn largest_step((width, height): (u32, u32), wanted: (u32, u32)) -> Option<u32> {
    [8, 4, 2].into_iter().find(|part| width.div_ceil(*part) >= wanted.0 && height.div_ceil(*part) >= wanted.1)
}

fn decoded(bytes: &[u8], (width, height): (u32, u32), part: u32) -> Option<Raster> {
    let (width, height) = (width.div_ceil(part), height.div_ceil(part));
    let wanted = (u16::try_from(width).ok()?, u16::try_from(height).ok()?);
    let length = usize::try_from(u64::from(width) * u64::from(height) * 3).ok()?;
    let mut decoder = jpeg_decoder::Decoder::new(bytes);
    decoder.set_max_decoding_buffer_size(length);
    // Of a picture of one row it takes less than it is asked for.
    if decoder.scale(wanted.0, wanted.1).ok()? != wanted {
        return None;
    }
    let pixels = decoder.decode().ok()?;
    let data = match decoder.info()?.pixel_format {
        PixelFormat::RGB24 => pixels,
        PixelFormat::L8 => pixels.into_iter().flat_map(|luma| [luma; 3]).collect(),
        PixelFormat::L16 | PixelFormat::CMYK32 => return None,
    };
    (data.len() == length).then_some(Raster { width, height, alpha: false, data })
}

fn turned(raster: Raster, orientation: Orientation) -> Option<Raster> {
    if orientation == Orientation::NoTransforms {
        return Some(raster);
    }
    let mut image = DynamicImage::ImageRgb8(RgbImage::from_raw(raster.width, raster.height, raster.data)?);
    image.apply_orientation(orientation);
    Some(Raster::of(image))
}

/// What the markers before the first scan say.
struct Shape {
    /// The second byte of the frame's marker (ITU T.81, table B.1).
    process: u8,
    precision: u8,
    width: u16,
    height: u16,
    /// Id and sampling factors of each component.
    components: Vec<(u8, u8)>,
    /// The colour transform of Adobe's marker.
    adobe: Option<u8>,
}

impl Shape {
    /// None: it has no frame, or more than one.
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(&[0xFF, 0xD8])?;
        let (mut found, mut adobe) = (None, None);
        loop {
            rest = rest.strip_prefix(&[0xFF])?;
            while let Some(filled) = rest.strip_prefix(&[0xFF]) {
                rest = filled;
            }
            let (marker, behind) = rest.split_first()?;
            if *marker == 0xDA {
                let shape: Self = found?;
                return Some(Self { adobe, ..shape });
            }
            let length = usize::from(u16::from_be_bytes(behind.first_chunk().copied()?));
            let segment = behind.get(2..length)?;
            match marker {
                // Tables of Huffman codes and of arithmetic coding lie among the frames' markers.
                0xC4 | 0xCC => {}
                0xC0..=0xCF if found.is_some() => return None,
                0xC0..=0xCF => found = Some(Self::of_frame(*marker, segment)?),
                0xEE if segment.starts_with(b"Adobe") => adobe = Some(*segment.get(11)?),
                _ => {}
            }
            rest = behind.get(length..)?;
        }
    }

    fn of_frame(process: u8, segment: &[u8]) -> Option<Self> {
        let ([precision, top, bottom, left, right, count], rest) = segment.split_first_chunk::<6>()?;
        let components: Vec<_> = rest.as_chunks::<3>().0.iter().map(|[id, sampling, _]| (*id, *sampling)).collect();
        let (height, width) = (u16::from_be_bytes([*top, *bottom]), u16::from_be_bytes([*left, *right]));
        let whole = components.len() == usize::from(*count);
        whole.then_some(Self { process, precision: *precision, width, height, components, adobe: None })
    }

    /// True for what every decoder reads alike: baseline or progressive, 8 bits, grey or YCbCr with colours at full or half resolution.
    fn is_ordinary(&self, bytes: &[u8]) -> bool {
        let colours = match self.components[..] {
            [(_, 0x11)] => self.adobe.is_none(),
            // Other ids may stand for the letters of RGB.
            [(first @ (0 | 1), 0x11 | 0x12 | 0x21 | 0x22), (second, 0x11), (third, 0x11)] => {
                (second, third) == (first + 1, first + 2) && matches!(self.adobe, None | Some(1))
            }
            _ => false,
        };
        let scans = || bytes.windows(2).filter(|pair| *pair == [0xFF, 0xDA]).count();
        colours && self.precision == 8 && (self.process <= 0xC1 || (self.process == 0xC2 && scans() <= MOST_SCANS))
    }
}

#[cfg(test)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "figures of small drawings"
)]
mod tests {
    use image::codecs::jpeg::JpegEncoder;
    use image::{GrayImage, ImageEncoder as _};
    use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
    use proptest::prelude::*;

    use super::*;
    use crate::MediaConfig;
    use crate::pictures::decode::still;

    const SAMPLINGS: [SamplingFactor; 4] =
        [SamplingFactor::F_1_1, SamplingFactor::F_2_1, SamplingFactor::F_1_2, SamplingFactor::F_2_2];

    /// Waves of a length that every size here can show, and a dark corner that tells where up is.
    fn drawn(width: u16, height: u16) -> Vec<u8> {
        let pixel = |x: u16, y: u16| {
            let (u, v) = (f64::from(x) / f64::from(width), f64::from(y) / f64::from(height));
            let dark = if u < 0.3 && v < 0.2 { 60.0 } else { 0.0 };
            [0.0, 0.9, 1.7].map(|shift: f64| (u.mul_add(4.0, v * 3.0) + shift).sin().mul_add(80.0, 150.0 - dark) as u8)
        };
        (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).flat_map(|(x, y)| pixel(x, y)).collect()
    }

    fn jpeg(width: u16, height: u16, quality: u8, sampling: SamplingFactor, progressive: bool) -> Vec<u8> {
        let mut out = Vec::new();
        let mut encoder = Encoder::new(&mut out, quality);
        encoder.set_sampling_factor(sampling);
        encoder.set_progressive(progressive);
        encoder.encode(&drawn(width, height), width, height, ColorType::Rgb).unwrap();
        out
    }

    /// The same with an orientation (Exif 2.32).
    fn held(jpeg: &[u8], orientation: u8) -> Vec<u8> {
        let tiff = [b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".as_slice(), &[orientation, 0, 0, 0], &[0; 4]].concat();
        let body = [b"Exif\0\0".as_slice(), &tiff].concat();
        let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
        [&jpeg[..2], &[0xFF, 0xE1], &length, &body, &jpeg[2..]].concat()
    }

    fn bounds() -> Bounds {
        MediaConfig::default().bounds()
    }

    fn mean_difference(one: &Raster, other: &Raster) -> f64 {
        let sum: u64 = one.data.iter().zip(&other.data).map(|(one, other)| u64::from(one.abs_diff(*other))).sum();
        sum as f64 / one.data.len() as f64
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn a_shrunk_picture_is_the_whole_one_resized(
            (width, height) in (64_u16..500, 64_u16..500),
            (quality, orientation) in (60_u8..=95, 1_u8..=8),
            (sampling, progressive) in (0_usize..4, any::<bool>()),
            share in 0.05_f64..0.5,
        ) {
            let bytes = held(&jpeg(width, height, quality, SAMPLINGS[sampling], progressive), orientation);
            // Of a few pixels, each is an edge: the short side gets sixteen at least.
            let (long, short) = (u32::from(width.max(height)), u32::from(width.min(height)));
            let long_side = Ord::max((f64::from(long) * share) as u32, (16 * long).div_ceil(short));
            let shrunk = fitted(&bytes, &bounds(), long_side).unwrap().expect("half of it is enough");
            let whole = still(&bytes, Format::Jpeg, &bounds()).unwrap();
            let whole = whole.resized(&mut Resizer::new(), whole.fitted(long_side)).unwrap();
            prop_assert_eq!((shrunk.width, shrunk.height), (whole.width, whole.height));
            let difference = mean_difference(&shrunk, &whole);
            prop_assert!(difference < 3.0, "{difference} of 255");
        }
    }

    #[test]
    fn the_largest_step_that_leaves_enough_is_taken() {
        assert_eq!(largest_step((4032, 3024), (320, 240)), Some(8));
        assert_eq!(largest_step((2725, 2225), (720, 588)), Some(2));
        assert_eq!(largest_step((4032, 3024), (2017, 1513)), None);
        assert_eq!(largest_step((4032, 3024), (4032, 3024)), None);
    }

    #[test]
    fn a_grey_picture_is_shrunk_as_well() {
        let grey = GrayImage::from_fn(300, 200, |x, y| image::Luma([u8::try_from(u32::midpoint(x, y)).unwrap()]));
        let mut bytes = Vec::new();
        JpegEncoder::new(&mut bytes).write_image(grey.as_raw(), 300, 200, image::ExtendedColorType::L8).unwrap();
        let shrunk = fitted(&bytes, &bounds(), 100).unwrap().unwrap();
        let whole = still(&bytes, Format::Jpeg, &bounds()).unwrap().resized(&mut Resizer::new(), (100, 67)).unwrap();
        assert!((shrunk.width, shrunk.height) == (100, 67) && mean_difference(&shrunk, &whole) < 2.0);
    }

    #[test]
    fn what_decoders_read_differently_goes_the_long_way() {
        let plain = jpeg(200, 100, 80, SamplingFactor::F_2_2, false);
        let is_shrunk = |bytes: &[u8]| fitted(bytes, &bounds(), 50).unwrap().is_some();
        assert!(is_shrunk(&plain));
        let adobe = |transform: u8| {
            let marker = [&[0xFF, 0xEE, 0, 14][..], b"Adobe\0\x64\0\0\0\0", &[transform]].concat();
            [&plain[..2], &marker, &plain[2..]].concat()
        };
        assert!(is_shrunk(&adobe(1)) && !is_shrunk(&adobe(0)), "three channels that are not YCbCr");
        let mut cmyk = Vec::new();
        Encoder::new(&mut cmyk, 80).encode(&vec![90; 200 * 100 * 4], 200, 100, ColorType::Cmyk).unwrap();
        assert!(!is_shrunk(&cmyk));
        for sampling in [SamplingFactor::F_4_1, SamplingFactor::F_4_2] {
            assert!(!is_shrunk(&jpeg(200, 100, 80, sampling, false)));
        }
        assert!(!is_shrunk(&jpeg(200, 1, 80, SamplingFactor::F_1_1, false)), "of one row");
        let progressive = jpeg(200, 100, 80, SamplingFactor::F_2_2, true);
        assert!(is_shrunk(&progressive));
        let scans = [&progressive[..], &[0xFF, 0xDA].repeat(MOST_SCANS)].concat();
        assert!(!is_shrunk(&scans), "too many passes");
    }

    #[test]
    fn a_picture_beyond_the_bounds_is_refused_before_it_is_decoded() {
        let bytes = jpeg(200, 100, 80, SamplingFactor::F_2_2, false);
        let narrow = Bounds { max_pixels: 19_999, ..bounds() };
        assert!(matches!(fitted(&bytes, &narrow, 50), Err(Refusal::TooLarge(_))));
        assert!(matches!(fitted(&bytes, &Bounds { max_side: 199, ..bounds() }, 50), Err(Refusal::TooLarge(_))));
    }
}
