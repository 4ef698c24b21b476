#![expect(clippy::expect_used, reason = "memory can be written, and a drawing that can't be made fails its test")]

use std::f64::consts::PI;

use image::codecs::gif::{GifEncoder, Repeat};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{Delay, Frame, ImageEncoder as _, Rgb, RgbImage, Rgba, RgbaImage};

/// A picture like a photo (JPEG): gradients, curves and some grain, the same every time.
///
/// # Panics
///
/// Never: memory can be written.
pub fn photo(width: u32, height: u32) -> Vec<u8> {
    let mut seed = 0x2545_F491_4F6C_DD1D_u64;
    let image = RgbImage::from_fn(width, height, |x, y| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let grain = f64::from(seed.to_le_bytes()[2]) / 24.0;
        let (u, v) = (f64::from(x) / f64::from(width), f64::from(y) / f64::from(height));
        let wave = |shift: f64| ((u * 3.0 + v * 2.0 + shift) * PI).sin().mul_add(90.0, 120.0) + grain;
        Rgb([wave(0.0), wave(0.7), wave(1.4)].map(byte))
    });
    let mut out = Vec::new();
    JpegEncoder::new_with_quality(&mut out, 90).encode_image(&image).expect("memory can be written");
    out
}

/// A drawing with transparency (PNG).
///
/// # Panics
///
/// Never: memory can be written.
pub fn drawing(width: u32, height: u32) -> Vec<u8> {
    let share = |part: u32, whole: u32| byte(f64::from(part) * 255.0 / f64::from(whole.max(1)));
    let image = RgbaImage::from_fn(width, height, |x, y| match (x / 16 + y / 16) % 3 {
        0 => Rgba([share(x, width), 30, 30, 255]),
        1 => Rgba([30, share(y, height), 90, share(x + y, width + height)]),
        _ => Rgba([30, share(x, width), 200, 128]),
    });
    let mut out = Vec::new();
    let encoder = PngEncoder::new(&mut out);
    encoder.write_image(image.as_raw(), width, height, image::ExtendedColorType::Rgba8).expect("memory can be written");
    out
}

/// A square that moves (GIF), 50 ms a frame.
///
/// # Panics
///
/// Never: memory can be written.
pub fn animation(width: u32, height: u32, frames: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = GifEncoder::new_with_speed(&mut out, 30);
    encoder.set_repeat(Repeat::Infinite).expect("memory can be written");
    for number in 0..frames {
        let left = number * width / frames.max(1);
        let image = RgbaImage::from_fn(width, height, |x, _| {
            if (left..left + width / 8).contains(&x) { Rgba([250, 250, 40, 255]) } else { Rgba([20, 60, 40, 255]) }
        });
        let frame = Frame::from_parts(image, 0, 0, Delay::from_numer_denom_ms(50, 1));
        encoder.encode_frame(frame).expect("memory can be written");
    }
    drop(encoder);
    out
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
fn byte(value: f64) -> u8 {
    value.clamp(0.0, 255.0) as u8
}
