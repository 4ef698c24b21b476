use fast_image_resize::images::Image;
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::DynamicImage;
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

use super::Refusal;

/// The size whose long side is at most `long_side`; never larger than this one.
pub(crate) fn fitted((width, height): (u32, u32), long_side: u32) -> (u32, u32) {
    let longest = width.max(height);
    if longest <= long_side {
        return (width, height);
    }
    let scale = |side: u32| {
        let scaled = (u64::from(side) * u64::from(long_side) + u64::from(longest) / 2) / u64::from(longest);
        u32::try_from(scaled).unwrap_or(long_side).max(1)
    };
    (scale(width), scale(height))
}

/// Pixels of 8 bits a channel in sRGB: three channels, or four with alpha.
#[derive(Clone, Debug)]
pub(crate) struct Raster {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) alpha: bool,
    pub(crate) data: Vec<u8>,
}

impl Raster {
    /// From a decoded picture; alpha that hides nothing is dropped.
    pub(crate) fn of(image: DynamicImage) -> Self {
        let (width, height) = (image.width(), image.height());
        if !image.color().has_alpha() {
            return Self { width, height, alpha: false, data: image.into_rgb8().into_raw() };
        }
        let data = image.into_rgba8().into_raw();
        if data.iter().skip(3).step_by(4).any(|alpha| *alpha != u8::MAX) {
            return Self { width, height, alpha: true, data };
        }
        let opaque = data.chunks_exact(4).flat_map(|pixel| pixel.iter().take(3).copied()).collect();
        Self { width, height, alpha: false, data: opaque }
    }

    pub(crate) const fn channels(&self) -> usize {
        if self.alpha { 4 } else { 3 }
    }

    pub(crate) fn long_side(&self) -> u32 {
        self.width.max(self.height)
    }

    /// Converts from the profile that the file carries. A profile that can't be read, or that is not of RGB, changes nothing.
    pub(crate) fn convert_to_srgb(&mut self, profile: &[u8]) {
        let Ok(source) = ColorProfile::new_from_slice(profile) else { return };
        if source.color_space != DataColorSpace::Rgb {
            return;
        }
        let layout = if self.alpha { Layout::Rgba } else { Layout::Rgb };
        let target = ColorProfile::new_srgb();
        let Ok(transform) = source.create_transform_8bit(layout, &target, layout, TransformOptions::default()) else { return };
        let row = self.channels() * self.width as usize;
        let mut converted = vec![0; row];
        for line in self.data.chunks_exact_mut(row.max(1)) {
            if transform.transform(line, &mut converted).is_ok() {
                line.copy_from_slice(&converted);
            }
        }
    }

    /// The size whose long side is at most `long_side`; never larger than this one.
    pub(crate) fn fitted(&self, long_side: u32) -> (u32, u32) {
        fitted((self.width, self.height), long_side)
    }

    /// The same picture at another size (Lanczos, three lobes).
    pub(crate) fn resized(&self, resizer: &mut Resizer, size: (u32, u32)) -> Result<Self, Refusal> {
        self.part_resized(resizer, (f64::from(self.width), f64::from(self.height)), size)
    }

    /// As much of it as lies left of and above a corner, at another size.
    pub(crate) fn part_resized(
        &self,
        resizer: &mut Resizer,
        (right, bottom): (f64, f64),
        (width, height): (u32, u32),
    ) -> Result<Self, Refusal> {
        let kind = if self.alpha { PixelType::U8x4 } else { PixelType::U8x3 };
        let source = fast_image_resize::images::ImageRef::new(self.width, self.height, &self.data, kind);
        let source = source.map_err(|_| Refusal::Broken)?;
        let mut target = Image::new(width, height, kind);
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3)).crop(0.0, 0.0, right, bottom);
        resizer.resize(&source, &mut target, &options).map_err(|_| Refusal::Broken)?;
        Ok(Self { width, height, alpha: self.alpha, data: target.into_vec() })
    }

    /// As three channels; what was transparent is white.
    pub(crate) fn over_white(self) -> Vec<u8> {
        if !self.alpha {
            return self.data;
        }
        let blend = |value: u8, alpha: u8| {
            let mixed = (u32::from(value) * u32::from(alpha) + 255 * (255 - u32::from(alpha)) + 127) / 255;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        };
        let opaque = |pixel: &[u8]| match pixel {
            [red, green, blue, alpha] => [red, green, blue].map(|value| blend(*value, *alpha)),
            _ => [u8::MAX; 3],
        };
        self.data.chunks_exact(4).flat_map(opaque).collect()
    }

    /// As four channels.
    pub(crate) fn rgba(&self) -> Vec<u8> {
        if self.alpha {
            return self.data.clone();
        }
        self.data.chunks_exact(3).flat_map(|pixel| pixel.iter().copied().chain([u8::MAX])).collect()
    }
}
