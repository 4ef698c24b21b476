//! From the numbers of a model to landmarks in its input.

use crate::posture::float;
use crate::{PoseConfig, PoseOutput};

/// The numbers of each output.
pub(super) type Outputs = Vec<Vec<f32>>;

/// A landmark as parts of the input's width and height, with its score, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spot {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) score: f64,
}

/// Which outputs hold the landmarks, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Head {
    /// `size` numbers for each landmark: two places, a depth where there are more than three, the score; what follows is left alone.
    Points { output: usize, count: usize, size: usize },
    /// A map of `width` x `height` for each landmark; its peak is the place. `last`: landmarks are the last axis, not the second.
    Maps { output: usize, count: usize, width: usize, height: usize, last: bool },
    /// A row of `width` and one of `height` for each landmark, each with its own peak (SimCC, arXiv:2107.03332).
    Rows { outputs: [usize; 2], count: usize, width: usize, height: usize },
}

impl Head {
    /// The first outputs of the configured kind; the error says what there is instead.
    pub(super) fn find(kind: PoseOutput, count: usize, shapes: &[Option<Vec<usize>>]) -> Result<Self, String> {
        let known = || shapes.iter().enumerate().filter_map(|(output, shape)| Some((output, shape.as_deref()?)));
        let found = match kind {
            PoseOutput::Points => known().find_map(|(output, shape)| {
                let size = numbers_each(shape, count)?;
                Some(Self::Points { output, count, size })
            }),
            PoseOutput::Heatmaps => known().find_map(|(output, shape)| match *shape {
                [1, landmarks, height, width] if landmarks == count => {
                    Some(Self::Maps { output, count, width, height, last: false })
                }
                [1, height, width, landmarks] if landmarks == count => {
                    Some(Self::Maps { output, count, width, height, last: true })
                }
                _ => None,
            }),
            PoseOutput::Simcc => {
                let mut rows = known().filter_map(|(output, shape)| match *shape {
                    [1, landmarks, length] if landmarks == count => Some((output, length)),
                    _ => None,
                });
                let (x, y) = (rows.next(), rows.next());
                x.zip(y).map(|(x, y)| Self::Rows { outputs: [x.0, y.0], count, width: x.1, height: y.1 })
            }
        };
        let expected = match kind {
            PoseOutput::Points => "one of three to five numbers for each",
            PoseOutput::Heatmaps => "one with a map for each",
            PoseOutput::Simcc => "two with a row for each, x first",
        };
        found.ok_or_else(|| format!("its outputs are {shapes:?}; for {count} landmarks this is expected: {expected}"))
    }

    /// The landmarks; none: the numbers are none.
    pub(super) fn read(&self, outputs: &Outputs, config: &PoseConfig) -> Option<Vec<Spot>> {
        match *self {
            Self::Points { output, count, size } => {
                let spots = outputs.get(output)?.chunks_exact(size).take(count).map(|numbers| point(numbers, config));
                spots.collect::<Option<Vec<_>>>().filter(|spots| spots.len() == count)
            }
            Self::Maps { output, count, width, height, last } => {
                let numbers = outputs.get(output)?;
                let of = |landmark: usize, place: usize| {
                    let at = if last { place * count + landmark } else { landmark * width * height + place };
                    numbers.get(at).copied()
                };
                (0..count).map(|landmark| peak(|place| of(landmark, place), width, height, config)).collect()
            }
            Self::Rows { outputs: [x, y], count, width, height } => {
                let (across, down) = (outputs.get(x)?, outputs.get(y)?);
                let row = |landmark: usize| {
                    let (x, first) = highest(|place| across.get(landmark * width + place).copied(), width)?;
                    let (y, second) = highest(|place| down.get(landmark * height + place).copied(), height)?;
                    let score = seen(first.min(second), config);
                    Some(Spot { x: float(x) / float(width), y: float(y) / float(height), score })
                };
                (0..count).map(row).collect()
            }
        }
    }
}

/// How many numbers each landmark has. BlazePose gives 39, of which the first 33 are the body's.
fn numbers_each(shape: &[usize], count: usize) -> Option<usize> {
    let total: usize = shape.iter().product();
    let own = |landmarks: usize| (3..=5).find(|size| landmarks * size == total);
    own(count).or_else(|| if count == 33 { own(39) } else { None })
}

fn point(numbers: &[f32], config: &PoseConfig) -> Option<Spot> {
    if numbers.iter().any(|number| !number.is_finite()) {
        return None;
    }
    let [first, second, rest @ ..] = numbers else { return None };
    let score = if rest.len() > 1 { rest.get(1) } else { rest.first() };
    let (x, y) = if config.y_first { (second, first) } else { (first, second) };
    let (across, down) = config.input_sides();
    let part = |value: f32, side: u32| if config.pixels { f64::from(value) / f64::from(side) } else { f64::from(value) };
    Some(Spot { x: part(*x, across), y: part(*y, down), score: seen(*score?, config) })
}

/// The highest of a map, moved a quarter of a cell towards its higher neighbour, as such models are evaluated (arXiv:1603.06937).
fn peak(of: impl Fn(usize) -> Option<f32>, width: usize, height: usize, config: &PoseConfig) -> Option<Spot> {
    let (place, score) = highest(&of, width * height)?;
    let (column, row) = (place % width, place / width);
    let shift = |before: Option<f32>, after: Option<f32>| match before.zip(after) {
        Some((before, after)) if after > before => 0.25,
        Some((before, after)) if after < before => -0.25,
        _ => 0.0,
    };
    let left = (column > 0).then(|| of(place - 1)).flatten();
    let right = (column + 1 < width).then(|| of(place + 1)).flatten();
    let above = (row > 0).then(|| of(place - width)).flatten();
    let below = (row + 1 < height).then(|| of(place + width)).flatten();
    Some(Spot {
        x: (float(column) + shift(left, right)) / float(width),
        y: (float(row) + shift(above, below)) / float(height),
        score: seen(score, config),
    })
}

/// Where the greatest number is, and that number; none where one of them is none.
fn highest(of: impl Fn(usize) -> Option<f32>, length: usize) -> Option<(usize, f32)> {
    let mut best: Option<(usize, f32)> = None;
    for place in 0..length {
        let value = of(place).filter(|value| value.is_finite())?;
        if best.is_none_or(|(_, most)| value > most) {
            best = Some((place, value));
        }
    }
    best
}

fn seen(score: f32, config: &PoseConfig) -> f64 {
    let score = f64::from(score);
    let part = if config.logits { 1.0 / (1.0 + (-score).exp()) } else { score };
    part.clamp(0.0, 1.0)
}
