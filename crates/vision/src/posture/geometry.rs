//! Plane geometry in pixels, y down. Angles in degrees.

/// A place in the picture, in pixels.
pub(crate) type Point = [f64; 2];

/// Segments shorter than this many pixels have no direction.
const DEGENERATE: f64 = 1e-6;

/// A count as a number with decimals.
pub(crate) fn float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

pub(crate) fn distance([x, y]: Point, [to_x, to_y]: Point) -> f64 {
    (to_x - x).hypot(to_y - y)
}

pub(crate) fn middle([x, y]: Point, [to_x, to_y]: Point) -> Point {
    [f64::midpoint(x, to_x), f64::midpoint(y, to_y)]
}

/// The cross product of the ways from `origin` to two places.
pub(crate) fn cross(origin: Point, [ax, ay]: Point, [bx, by]: Point) -> f64 {
    (ax - origin[0]) * (by - origin[1]) - (ay - origin[1]) * (bx - origin[0])
}

/// The included angle at `b`, 0 to 180. `atan2` stays exact near both ends, which `acos` does not. None where a segment is degenerate.
pub(crate) fn angle(a: Point, b: Point, c: Point) -> Option<f64> {
    let (ux, uy, vx, vy) = (a[0] - b[0], a[1] - b[1], c[0] - b[0], c[1] - b[1]);
    if ux.hypot(uy) < DEGENERATE || vx.hypot(vy) < DEGENERATE {
        return None;
    }
    Some((ux * vy - uy * vx).abs().atan2(ux * vx + uy * vy).to_degrees())
}

/// How far the way from `from` to `to` leans from straight up, 0 to 180.
pub(crate) fn lean(from: Point, to: Point) -> Option<f64> {
    let (across, up) = ((to[0] - from[0]).abs(), from[1] - to[1]);
    (across.hypot(up) >= DEGENERATE).then(|| across.atan2(up).to_degrees())
}

/// How far the line between two places is from level, 0 to 90.
pub(crate) fn tilt(a: Point, b: Point) -> Option<f64> {
    let (across, down) = ((b[0] - a[0]).abs(), (b[1] - a[1]).abs());
    (across.hypot(down) >= DEGENERATE).then(|| down.atan2(across).to_degrees())
}

/// The middle one; of an even number the mean of the two in the middle.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    if values.len() % 2 == 1 { Some(upper) } else { values.get(values.len() / 2 - 1).map(|lower| f64::midpoint(*lower, upper)) }
}

/// With so many decimals, as answers show it.
pub(crate) fn rounded(value: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    (value * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: Option<f64>, expected: f64) {
        let found = found.unwrap();
        assert!((found - expected).abs() < 1e-3, "{found} is not {expected}");
    }

    #[test]
    fn angles_are_exact_at_both_ends_and_nothing_where_there_is_no_direction() {
        near(angle([0.0, 1.0], [0.0, 0.0], [1.0, 0.0]), 90.0);
        near(angle([-1.0, 0.0], [0.0, 0.0], [1.0, 0.0]), 180.0);
        near(angle([0.0, 1.0], [0.0, 0.0], [1.0, 1.0]), 45.0);
        assert_eq!(angle([0.0, 0.0], [0.0, 0.0], [1.0, 0.0]), None);
        near(angle([400.0, 500.0], [520.0, 520.0], [500.0, 720.0]), 93.7517);
        near(tilt([400.0, 312.0], [560.0, 305.0]), 2.5051);
        near(tilt([520.0, 200.0], [470.0, 260.0]), 50.1944);
    }

    #[test]
    fn the_median_of_an_even_number_lies_between() {
        assert_eq!(median([3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median([4.0, 1.0]), Some(2.5));
        assert_eq!(median([]), None);
    }
}
