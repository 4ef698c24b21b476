use serde::{Deserialize, Serialize};

use super::geometry::Point;

/// In which order landmarks come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// The 33 of MediaPipe Pose (BlazePose).
    Mediapipe33,
    /// The 17 of COCO, as MoveNet gives them.
    Coco17,
    /// By name, such as `left_knee`.
    Named,
}

/// From where the person is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum View {
    /// The chest.
    Front,
    /// Left or right.
    Side,
    /// The back.
    Back,
}

impl View {
    /// The word in requests.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Front => "front",
            Self::Side => "side",
            Self::Back => "back",
        }
    }
}

/// How many landmarks a body has here; every layout is mapped to BlazePose's.
pub(crate) const COUNT: usize = 33;

/// The names of the 33, in their order. Left is the subject's left.
pub const NAMES: [&str; COUNT] = [
    "nose",
    "left_eye_inner",
    "left_eye",
    "left_eye_outer",
    "right_eye_inner",
    "right_eye",
    "right_eye_outer",
    "left_ear",
    "right_ear",
    "mouth_left",
    "mouth_right",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_pinky",
    "right_pinky",
    "left_index",
    "right_index",
    "left_thumb",
    "right_thumb",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
    "left_heel",
    "right_heel",
    "left_foot_index",
    "right_foot_index",
];

/// Where the 17 of COCO are among the 33.
const COCO: [usize; 17] = [0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28];

/// With the subject's left and right exchanged, as a mirrored picture shows them.
const MIRRORED: [usize; COUNT] =
    [0, 4, 5, 6, 1, 2, 3, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15, 18, 17, 20, 19, 22, 21, 24, 23, 26, 25, 28, 27, 30, 29, 32, 31];

impl Layout {
    /// How many landmarks a list of this layout has; none: it is no list.
    pub const fn count(self) -> Option<usize> {
        match self {
            Self::Mediapipe33 => Some(COUNT),
            Self::Coco17 => Some(COCO.len()),
            Self::Named => None,
        }
    }

    /// The place of a landmark of this layout among the 33.
    pub(crate) fn place(self, index: usize) -> Option<usize> {
        match self {
            Self::Coco17 => COCO.get(index).copied(),
            Self::Mediapipe33 | Self::Named => (index < COUNT).then_some(index),
        }
    }
}

/// The place of a name among the 33.
pub fn place_of(name: &str) -> Option<usize> {
    NAMES.iter().position(|own| *own == name)
}

/// A side of the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

impl Side {
    pub(crate) const BOTH: [Self; 2] = [Self::Left, Self::Right];

    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
        }
    }
}

/// Landmarks that come twice; the number is the left one's place, the right one follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pair {
    Ear = 7,
    Shoulder = 11,
    Elbow = 13,
    Wrist = 15,
    Hip = 23,
    Knee = 25,
    Ankle = 27,
    Heel = 29,
    Foot = 31,
}

impl Pair {
    const fn place(self, side: Side) -> usize {
        match side {
            Side::Left => self as usize,
            Side::Right => self as usize + 1,
        }
    }
}

/// A landmark in pixels, and how well it is seen, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spot {
    pub(crate) at: Point,
    pub(crate) seen: f64,
}

/// What is seen less well than this is not used.
pub(crate) const LEAST_SEEN: f64 = 0.5;

/// A body in one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Body {
    spots: [Option<Spot>; COUNT],
}

impl Body {
    /// From landmarks as fractions of the picture. `[x, y, visibility]`; none where there is none.
    pub(crate) fn new(layout: Layout, points: &[Option<[f64; 3]>], size: Point, mirrored: bool) -> Self {
        let mut spots = [None; COUNT];
        for (index, point) in points.iter().enumerate() {
            let Some(place) = layout.place(index) else { continue };
            let place = if mirrored { MIRRORED.get(place).copied().unwrap_or(place) } else { place };
            if let (Some(target), Some([x, y, seen])) = (spots.get_mut(place), point) {
                *target = Some(Spot { at: [x * size[0], y * size[1]], seen: *seen });
            }
        }
        Self { spots }
    }

    fn spot(&self, place: usize) -> Option<Spot> {
        self.spots.get(place).copied().flatten()
    }

    /// A landmark that is seen well enough.
    pub(crate) fn at(&self, pair: Pair, side: Side) -> Option<Point> {
        self.spot(pair.place(side)).filter(|spot| spot.seen >= LEAST_SEEN).map(|spot| spot.at)
    }

    /// A landmark, hidden or not: where the model believes it to be.
    pub(crate) fn anywhere(&self, pair: Pair, side: Side) -> Option<Point> {
        self.spot(pair.place(side)).map(|spot| spot.at)
    }

    pub(crate) fn seen(&self, pair: Pair, side: Side) -> f64 {
        self.spot(pair.place(side)).map_or(0.0, |spot| spot.seen)
    }

    pub(crate) fn nose(&self) -> Option<Point> {
        self.spot(0).filter(|spot| spot.seen >= LEAST_SEEN).map(|spot| spot.at)
    }

    /// Between left and right, both seen.
    pub(crate) fn between(&self, pair: Pair) -> Option<Point> {
        self.at(pair, Side::Left).zip(self.at(pair, Side::Right)).map(|(left, right)| super::geometry::middle(left, right))
    }

    /// Between left and right, hidden or not; where there is only one of them, that one.
    pub(crate) fn about(&self, pair: Pair) -> Option<Point> {
        let (left, right) = (self.anywhere(pair, Side::Left), self.anywhere(pair, Side::Right));
        left.zip(right).map(|(left, right)| super::geometry::middle(left, right)).or(left).or(right)
    }

    /// From the middle of the shoulders to the middle of the hips, in pixels.
    pub(crate) fn torso(&self) -> Option<f64> {
        let length = super::geometry::distance(self.about(Pair::Shoulder)?, self.about(Pair::Hip)?);
        (length > 1.0).then_some(length)
    }

    /// Everything that is seen well enough.
    pub(crate) fn visible(&self) -> impl Iterator<Item = Point> {
        self.spots.iter().flatten().filter(|spot| spot.seen >= LEAST_SEEN).map(|spot| spot.at)
    }

    /// The landmarks of the head, hidden or not.
    pub(crate) fn head(&self) -> impl Iterator<Item = Point> {
        self.spots.iter().take(11).flatten().map(|spot| spot.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layout_puts_the_left_knee_at_the_same_place() {
        let mut whole = vec![None; 33];
        whole[25] = Some([0.25, 0.5, 1.0]);
        let mut few = vec![None; 17];
        few[13] = Some([0.25, 0.5, 1.0]);
        let size = [200.0, 400.0];
        for (layout, points) in [(Layout::Mediapipe33, &whole), (Layout::Coco17, &few)] {
            let body = Body::new(layout, points, size, false);
            assert_eq!(body.at(Pair::Knee, Side::Left), Some([50.0, 200.0]));
            let mirrored = Body::new(layout, points, size, true);
            assert_eq!(mirrored.at(Pair::Knee, Side::Right), Some([50.0, 200.0]));
            assert_eq!(mirrored.at(Pair::Knee, Side::Left), None);
        }
        assert_eq!(place_of("left_knee"), Some(25));
        assert_eq!(place_of("tail"), None);
    }

    #[test]
    fn mirroring_twice_changes_nothing() {
        for (place, other) in MIRRORED.iter().enumerate() {
            assert_eq!(MIRRORED[*other], place);
        }
    }

    #[test]
    fn what_is_hidden_is_known_but_not_used() {
        let mut points = vec![None; 33];
        points[27] = Some([0.5, 0.5, 0.2]);
        let body = Body::new(Layout::Mediapipe33, &points, [100.0, 100.0], false);
        assert_eq!(body.at(Pair::Ankle, Side::Left), None);
        assert_eq!(body.anywhere(Pair::Ankle, Side::Left), Some([50.0, 50.0]));
    }
}
