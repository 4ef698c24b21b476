use std::io::Cursor;

use fast_image_resize::Resizer;
use image::codecs::gif::{GifDecoder, GifEncoder, Repeat};
use image::{AnimationDecoder, Delay, Frame, ImageDecoder, RgbaImage};

use super::decode::{check_size, limits, refusal};
use super::raster::Raster;
use super::{Bounds, Fingerprint, Format, Output, Prepared, Refusal, VariantName};

/// Shorter pauses are made this long, as browsers do, in milliseconds.
const SHORTEST: u32 = 20;
const RAISED: u32 = 100;
/// Palettes are sought this coarsely, from 1 (slow) to 30.
const SPEED: i32 = 10;

/// An animation in all its sizes; none when there is one frame only. Frames are composed as they are shown, and go through one by
/// one: no more than a few of them are in memory.
pub(super) fn prepare(bytes: &[u8], bounds: &Bounds) -> Result<Option<Prepared>, Refusal> {
    let mut decoder = GifDecoder::new(Cursor::new(bytes)).map_err(|error| refusal(&error))?;
    decoder.set_limits(limits(bounds)).map_err(|error| refusal(&error))?;
    let (width, height) = decoder.dimensions();
    check_size((width, height), bounds)?;
    let mut frames = decoder.into_frames();
    let Some(first) = frames.next() else { return Err(Refusal::Broken) };
    let first = first.map_err(|error| refusal(&error))?;
    let Some(second) = frames.next() else { return Ok(None) };
    let mut resizer = Resizer::new();
    let fingerprint = Fingerprint::of(&raster(&first), &mut resizer)?;
    let (reels, repeat) = (reels(width, height), repeat(bytes));
    let mut films: Vec<Vec<u8>> = vec![Vec::new(); reels.len()];
    let mut encoders: Vec<GifEncoder<&mut Vec<u8>>> = Vec::new();
    for film in &mut films {
        let mut encoder = GifEncoder::new_with_speed(film, SPEED);
        encoder.set_repeat(repeat).map_err(|error| refusal(&error))?;
        encoders.push(encoder);
    }
    let mut count = 0_u32;
    for frame in [Ok(first), second].into_iter().chain(frames) {
        let frame = frame.map_err(|error| refusal(&error))?;
        count += 1;
        let pixels = u64::from(width) * u64::from(height) * u64::from(count);
        if count > bounds.max_frames || pixels > bounds.max_animated_pixels {
            let (frames, most) = (bounds.max_frames, bounds.max_animated_pixels);
            return Err(Refusal::TooLarge(format!("an animation may have {frames} frames, and {most} pixels in all of them")));
        }
        let whole = raster(&frame);
        for (encoder, (_, size)) in encoders.iter_mut().zip(&reels) {
            let sized = if *size == (width, height) { whole.clone() } else { whole.resized(&mut resizer, *size)? };
            let buffer = RgbaImage::from_raw(sized.width, sized.height, sized.data).ok_or(Refusal::Broken)?;
            let next = Frame::from_parts(buffer, 0, 0, pause(&frame));
            encoder.encode_frame(next).map_err(|error| refusal(&error))?;
        }
    }
    // Their end is written when the encoders end.
    drop(encoders);
    let output = |((name, (width, height)), bytes)| Output { name, format: Format::Gif, width, height, bytes };
    Ok(Some(Prepared { width, height, frames: count, fingerprint, outputs: reels.into_iter().zip(films).map(output).collect() }))
}

/// How often it plays, as its file says: without a word once, which an encoder writes by saying nothing.
fn repeat(bytes: &[u8]) -> Repeat {
    let mut options = ::gif::DecodeOptions::new();
    // What is looked for stands before the first frame.
    options.skip_frame_decoding(true);
    let read = options.read_info(Cursor::new(bytes)).and_then(|mut decoder| {
        decoder.next_frame_info()?;
        Ok(decoder.repeat())
    });
    match read {
        Ok(::gif::Repeat::Finite(times)) => Repeat::Finite(times),
        Ok(::gif::Repeat::Infinite) | Err(_) => Repeat::Infinite,
    }
}

/// The sizes of an animation, the original first.
fn reels(width: u32, height: u32) -> Vec<(VariantName, (u32, u32))> {
    let shape = Raster { width, height, alpha: true, data: Vec::new() };
    let smaller = VariantName::SIZES.into_iter().filter(|name| shape.long_side() > name.long_side());
    let smaller = smaller.map(|name| (name, shape.fitted(name.long_side())));
    [(VariantName::Original, (width, height))].into_iter().chain(smaller).collect()
}

fn pause(frame: &Frame) -> Delay {
    let (numerator, denominator) = frame.delay().numer_denom_ms();
    let pause = numerator / denominator.max(1);
    Delay::from_numer_denom_ms(if pause < SHORTEST { RAISED } else { pause }, 1)
}

fn raster(frame: &Frame) -> Raster {
    let buffer = frame.buffer();
    Raster { width: buffer.width(), height: buffer.height(), alpha: true, data: buffer.as_raw().clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn animation(times: Repeat) -> Vec<u8> {
        let mut film = Vec::new();
        let mut encoder = GifEncoder::new_with_speed(&mut film, SPEED);
        encoder.set_repeat(times).unwrap();
        for red in [0, 200] {
            encoder.encode_frame(Frame::new(RgbaImage::from_pixel(400, 20, image::Rgba([red, 10, 10, 255])))).unwrap();
        }
        drop(encoder);
        film
    }

    #[test]
    fn an_animation_plays_as_often_as_before_in_every_size() {
        let bounds = crate::MediaConfig::default().bounds();
        for (times, expected) in
            [(Repeat::Infinite, "Infinite"), (Repeat::Finite(3), "Finite(3)"), (Repeat::Finite(0), "Finite(0)")]
        {
            let prepared = prepare(&animation(times), &bounds).unwrap().unwrap();
            assert!(prepared.outputs.len() > 1);
            for output in prepared.outputs {
                let mut decoder = ::gif::DecodeOptions::new().read_info(Cursor::new(output.bytes)).unwrap();
                decoder.next_frame_info().unwrap();
                assert_eq!(format!("{:?}", decoder.repeat()), expected);
            }
        }
    }
}
