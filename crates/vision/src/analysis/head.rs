use crate::Pixels;
use crate::posture::{Body, Landmark, Layout, float};

/// Cells across the head: too few to know anybody by.
const CELLS: f64 = 5.0;
/// From the landmarks of the face to hair, chin and ears.
const GROWN: [f64; 2] = [1.7, 2.4];
/// The least part of the picture's long side that a head's radius gets: landmarks of a far head lie on one pixel.
const LEAST: f64 = 0.02;

/// Replaces the head by large cells of one colour each: nothing finer than a cell is left. False: it is not known where the head is.
pub(crate) fn blur(picture: &mut Pixels, landmarks: &[Option<Landmark>]) -> bool {
    let size = [f64::from(picture.width), f64::from(picture.height)];
    let body = Body::new(Layout::Mediapipe33, landmarks, size, false);
    let head: Vec<[f64; 2]> = body.head().collect();
    if head.len() < 3 {
        return false;
    }
    let ends = |axis: usize| {
        let of = |at: &[f64; 2]| at.get(axis).copied().unwrap_or_default();
        let low = head.iter().map(of).fold(f64::INFINITY, f64::min);
        let high = head.iter().map(of).fold(f64::NEG_INFINITY, f64::max);
        (low, high)
    };
    let ((left, right), (top, bottom)) = (ends(0), ends(1));
    // A face has about the same size in both directions; seen from beside or below one of them is small.
    let radius = ((right - left).max(bottom - top) / 2.0).max(LEAST * size[0].max(size[1]));
    let centre = [f64::midpoint(left, right), f64::midpoint(top, bottom)];
    mosaic(picture, centre, [radius * GROWN[0], radius * GROWN[1]]);
    true
}

fn mosaic(picture: &mut Pixels, [x, y]: [f64; 2], [across, down]: [f64; 2]) {
    let width = picture.width as usize;
    let cell = (2.0 * across / CELLS).max(1.0);
    let inside = |index: usize| {
        let (column, row) = (float(index % width.max(1)), float(index / width.max(1)));
        let (dx, dy) = ((column - x) / across, (row - y) / down);
        (dx * dx + dy * dy <= 1.0).then(|| (((column - x) / cell).floor(), ((row - y) / cell).floor()))
    };
    let mut sums: std::collections::HashMap<(i64, i64), ([f64; 3], f64)> = std::collections::HashMap::new();
    for (index, pixel) in picture.rgb.chunks_exact(3).enumerate() {
        let Some(place) = inside(index) else { continue };
        let (sum, count) = sums.entry(key(place)).or_default();
        for (sum, value) in sum.iter_mut().zip(pixel) {
            *sum += f64::from(*value);
        }
        *count += 1.0;
    }
    for (index, pixel) in picture.rgb.chunks_exact_mut(3).enumerate() {
        let Some((sum, count)) = inside(index).and_then(|place| sums.get(&key(place))) else { continue };
        for (value, sum) in pixel.iter_mut().zip(sum) {
            *value = byte(sum / count);
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "whole numbers of cells, a few of them")]
fn key((across, down): (f64, f64)) -> (i64, i64) {
    (across as i64, down as i64)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
fn byte(value: f64) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::testing::picture;

    fn face() -> Vec<Option<Landmark>> {
        let mut landmarks = vec![None; 33];
        for (index, (x, y)) in [(0.5, 0.2), (0.48, 0.18), (0.52, 0.18), (0.49, 0.22), (0.51, 0.22)].into_iter().enumerate() {
            landmarks[index] = Some([x, y, 0.9]);
        }
        landmarks
    }

    fn colours(picture: &Pixels, (left, right): (usize, usize), (top, bottom): (usize, usize)) -> usize {
        let mut found = BTreeSet::new();
        for row in top..bottom {
            for column in left..right {
                let at = (row * 400 + column) * 3;
                found.insert(picture.rgb[at..at + 3].to_vec());
            }
        }
        found.len()
    }

    #[test]
    fn nothing_finer_than_a_cell_is_left_of_the_head_and_the_rest_stays() {
        let before = picture(400, 600);
        let mut after = before.clone();
        assert!(blur(&mut after, &face()));
        let head = ((190, 210), (110, 130));
        assert!(colours(&before, head.0, head.1) > 50);
        assert!(colours(&after, head.0, head.1) <= 16, "{}", colours(&after, head.0, head.1));
        let below = 300 * 400 * 3;
        assert_eq!(before.rgb[below..], after.rgb[below..]);
    }

    #[test]
    fn without_a_face_nothing_is_changed() {
        let mut after = picture(400, 600);
        assert!(!blur(&mut after, &[]));
        assert_eq!(after, picture(400, 600));
    }
}
