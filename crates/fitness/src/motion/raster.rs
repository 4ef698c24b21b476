use std::collections::HashMap;

use tiny_skia::{Color, FillRule, LineCap, Paint as Brush, Path, PathBuilder, Pixmap, Stroke, Transform};

use super::scene::{Paint, Scene, Shape, Theme};
use super::spec::Point;

/// Pixels of a side.
const SIDE: u16 = 360;

/// A frame as red, green, blue, alpha bytes, with the side of its square. None: there is no such frame.
pub fn pixels(scene: &Scene, frame: usize, theme: Theme) -> Option<(u16, Vec<u8>)> {
    let shapes = scene.frames.get(frame)?;
    let mut pixmap = Pixmap::new(u32::from(SIDE), u32::from(SIDE))?;
    let [red, green, blue] = Paint::Ground.rgb(theme);
    pixmap.fill(Color::from_rgba8(red, green, blue, 255));
    for shape in shapes {
        draw(&mut pixmap, scene, shape, theme);
    }
    Some((SIDE, pixmap.take()))
}

#[expect(clippy::cast_possible_truncation, reason = "pixels of a small picture")]
fn place(scene: &Scene, [x, y]: Point) -> (f32, f32) {
    let scale = f64::from(SIDE) / scene.size;
    (((x - scene.corner[0]) * scale) as f32, (f64::from(SIDE) - (y - scene.corner[1]) * scale) as f32)
}

#[expect(clippy::cast_possible_truncation, reason = "pixels of a small picture")]
fn long(scene: &Scene, length: f64) -> f32 {
    (length * f64::from(SIDE) / scene.size) as f32
}

fn draw(pixmap: &mut Pixmap, scene: &Scene, shape: &Shape, theme: Theme) {
    let brush = |paint: Paint| {
        let [red, green, blue] = paint.rgb(theme);
        let mut brush = Brush { anti_alias: true, ..Brush::default() };
        brush.set_color_rgba8(red, green, blue, 255);
        brush
    };
    let at = |point: &Point| place(scene, *point);
    match shape {
        Shape::Polygon(points, paint) => {
            if let Some(path) = polygon(points.iter().map(at)) {
                pixmap.fill_path(&path, &brush(*paint), FillRule::Winding, Transform::identity(), None);
            }
        }
        Shape::Circle(middle, radius, paint) => {
            let (x, y) = at(middle);
            if let Some(path) = PathBuilder::from_circle(x, y, long(scene, *radius)) {
                pixmap.fill_path(&path, &brush(*paint), FillRule::Winding, Transform::identity(), None);
            }
        }
        Shape::Line(from, to, width, paint) => {
            if let Some(path) = polygon([at(from), at(to)].into_iter()) {
                let stroke = Stroke { width: long(scene, *width), line_cap: LineCap::Round, ..Stroke::default() };
                pixmap.stroke_path(&path, &brush(*paint), &stroke, Transform::identity(), None);
            }
        }
    }
}

fn polygon(mut points: impl Iterator<Item = (f32, f32)>) -> Option<Path> {
    let mut builder = PathBuilder::new();
    let (x, y) = points.next()?;
    builder.move_to(x, y);
    let mut count = 1;
    for (x, y) in points {
        builder.line_to(x, y);
        count += 1;
    }
    if count > 2 {
        builder.close();
    }
    builder.finish()
}

/// The whole motion as a GIF that loops for ever, with one palette for all frames so that nothing flickers. CPU work: call it off the async
/// workers.
pub fn gif(scene: &Scene, theme: Theme) -> Result<Vec<u8>, String> {
    let frames: Vec<Vec<u8>> =
        (0..scene.frames.len()).filter_map(|frame| pixels(scene, frame, theme)).map(|(_, bytes)| bytes).collect();
    let palette = Palette::of(&frames, theme);
    let mut bytes = Vec::new();
    let failed = |error: gif::EncodingError| error.to_string();
    let mut encoder = gif::Encoder::new(&mut bytes, SIDE, SIDE, &palette.colours).map_err(failed)?;
    encoder.set_repeat(gif::Repeat::Infinite).map_err(failed)?;
    let hundredths = crate::units::whole(scene.seconds * 100.0 / crate::units::float(frames.len().max(1)));
    let delay = u16::try_from(hundredths).unwrap_or(8).max(2);
    let mut nearest = HashMap::new();
    let mut before: Option<Vec<u8>> = None;
    for frame in &frames {
        let indices: Vec<u8> = frame.chunks_exact(4).map(|pixel| palette.index(pixel, &mut nearest)).collect();
        encoder.write_frame(&changed(&indices, before.as_deref(), delay)).map_err(failed)?;
        before = Some(indices);
    }
    drop(encoder);
    Ok(bytes)
}

/// Only the rectangle that differs from the frame before.
fn changed(indices: &[u8], before: Option<&[u8]>, delay: u16) -> gif::Frame<'static> {
    let width = usize::from(SIDE);
    let whole = gif::Frame { delay, width: SIDE, height: SIDE, buffer: indices.to_vec().into(), ..gif::Frame::default() };
    let Some(before) = before else { return whole };
    let differs = |index: &usize| indices.get(*index) != before.get(*index);
    let rows: Vec<usize> = (0..indices.len()).filter(differs).collect();
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
        return gif::Frame {
            delay,
            width: 1,
            height: 1,
            buffer: indices.get(..1).unwrap_or_default().to_vec().into(),
            ..gif::Frame::default()
        };
    };
    let (top, bottom) = (first / width, last / width);
    let left = rows.iter().map(|index| index % width).min().unwrap_or(0);
    let right = rows.iter().map(|index| index % width).max().unwrap_or(width - 1);
    let buffer: Vec<u8> = indices
        .chunks_exact(width)
        .skip(top)
        .take(bottom - top + 1)
        .flat_map(|row| row.get(left..=right).unwrap_or_default().iter().copied())
        .collect();
    let small = |value: usize| u16::try_from(value).unwrap_or(0);
    gif::Frame {
        delay,
        left: small(left),
        top: small(top),
        width: small(right - left + 1),
        height: small(bottom - top + 1),
        buffer: buffer.into(),
        ..gif::Frame::default()
    }
}

/// At most 256 colours: the flat ones and the most frequent of their edges.
struct Palette {
    colours: Vec<u8>,
}

impl Palette {
    fn of(frames: &[Vec<u8>], theme: Theme) -> Self {
        let mut counts: HashMap<[u8; 3], u32> = HashMap::new();
        for pixel in frames.iter().flat_map(|frame| frame.chunks_exact(4)) {
            if let [red, green, blue, _] = pixel {
                *counts.entry([*red, *green, *blue]).or_default() += 1;
            }
        }
        let flat = Paint::ALL.map(|paint| paint.rgb(theme));
        let mut edges: Vec<([u8; 3], u32)> = counts.into_iter().filter(|(colour, _)| !flat.contains(colour)).collect();
        edges.sort_by(|(a, count_a), (b, count_b)| count_b.cmp(count_a).then_with(|| a.cmp(b)));
        let all = flat.into_iter().chain(edges.into_iter().map(|(colour, _)| colour)).take(256);
        Self { colours: all.flatten().collect() }
    }

    fn index(&self, pixel: &[u8], nearest: &mut HashMap<[u8; 3], u8>) -> u8 {
        let [red, green, blue, _] = pixel else { return 0 };
        let wanted = [*red, *green, *blue];
        *nearest.entry(wanted).or_insert_with(|| {
            let far = |own: &[u8]| -> u32 { own.iter().zip(wanted).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum() };
            let best = self.colours.chunks_exact(3).enumerate().min_by_key(|(_, own)| far(own));
            best.map_or(0, |(index, _)| u8::try_from(index).unwrap_or(0))
        })
    }
}
