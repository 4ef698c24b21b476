//! What is decided once for a whole take: from where it was really seen, which side is near, which way the person looks.

use super::geometry::{cross, distance, float, median};
use super::layout::{Body, Pair, Side, View};

/// Bodies over time, and what is known of all of them.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) view: View,
    /// Seconds, growing.
    pub(crate) times: Vec<f64>,
    pub(crate) bodies: Vec<Body>,
    /// The side that is seen better; in a side view the one that is measured.
    pub(crate) near: Side,
    /// 1: towards growing x, -1: the other way; none: it can't be told.
    pub(crate) facing: Option<f64>,
    pub(crate) seen_from: SeenFrom,
}

/// From where the landmarks say that the person is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SeenFrom {
    /// Front or back.
    Across,
    /// Left or right.
    Beside,
    /// In between: neither can be measured.
    Oblique,
    /// Shoulders or hips are missing.
    Unknown,
}

/// Breadth of the shoulders in torso lengths: below it is a side view, above the next one a front view. Product defaults.
const BESIDE: f64 = 0.25;
const ACROSS: f64 = 0.60;

impl Scene {
    pub(crate) fn new(view: View, times: Vec<f64>, bodies: Vec<Body>) -> Self {
        let seen_from = seen_from(&bodies);
        let near = near(&bodies);
        let facing = facing(&bodies, near);
        Self { view, times, bodies, near, facing, seen_from }
    }

    /// Why nothing can be measured from the view that the request names; none: it fits.
    pub(crate) fn mismatch(&self) -> Option<&'static str> {
        match (self.seen_from, self.view) {
            (SeenFrom::Oblique, _) => {
                Some("the person stands at an angle to the camera; neither a front nor a side view can be measured")
            }
            (SeenFrom::Across, View::Side) => Some("the shoulders are as broad as in a front view, but the request says side"),
            (SeenFrom::Beside, View::Front | View::Back) => {
                Some("the shoulders are as narrow as in a side view, but the request says front or back")
            }
            _ => None,
        }
    }

    /// True when the subject's left and right seem exchanged, as in a mirrored picture.
    pub(crate) fn sides_look_swapped(&self) -> bool {
        let left_of_right = |body: &Body| {
            let pair = body.at(Pair::Shoulder, Side::Left).zip(body.at(Pair::Shoulder, Side::Right))?;
            Some(pair.0[0] - pair.1[0])
        };
        let offset = median(self.bodies.iter().filter_map(left_of_right));
        match self.view {
            View::Front => offset.is_some_and(|offset| offset < 0.0),
            View::Back => offset.is_some_and(|offset| offset > 0.0),
            View::Side => false,
        }
    }
}

/// The breadth is taken across the trunk, so that it holds for somebody who lies or bends as well.
fn breadth(body: &Body) -> Option<f64> {
    let (left, right) = (body.anywhere(Pair::Shoulder, Side::Left)?, body.anywhere(Pair::Shoulder, Side::Right)?);
    let (shoulders, hips, torso) = (body.about(Pair::Shoulder)?, body.about(Pair::Hip)?, body.torso()?);
    let moved = [hips[0] + right[0] - left[0], hips[1] + right[1] - left[1]];
    Some(cross(hips, shoulders, moved).abs() / torso / torso)
}

fn seen_from(bodies: &[Body]) -> SeenFrom {
    match median(bodies.iter().filter_map(breadth)) {
        None => SeenFrom::Unknown,
        Some(breadth) if breadth < BESIDE => SeenFrom::Beside,
        Some(breadth) if breadth > ACROSS => SeenFrom::Across,
        Some(_) => SeenFrom::Oblique,
    }
}

/// One side for the whole take, so that angles do not jump between two.
fn near(bodies: &[Body]) -> Side {
    let limbs = [Pair::Shoulder, Pair::Elbow, Pair::Wrist, Pair::Hip, Pair::Knee, Pair::Ankle];
    let seen = |side: Side| -> f64 { bodies.iter().flat_map(|body| limbs.map(|limb| body.seen(limb, side))).sum() };
    if seen(Side::Left) >= seen(Side::Right) { Side::Left } else { Side::Right }
}

/// By the feet, else by the face.
fn facing(bodies: &[Body], near: Side) -> Option<f64> {
    let by_foot = |body: &Body| {
        let toe = body.at(Pair::Foot, near)?;
        let heel = body.at(Pair::Heel, near).or_else(|| body.at(Pair::Ankle, near))?;
        // A foot that points at the camera or hangs down says nothing.
        ((toe[0] - heel[0]).abs() > 0.3 * distance(toe, heel)).then(|| (toe[0] - heel[0]).signum())
    };
    let by_face = |body: &Body| Some((body.nose()?[0] - body.anywhere(Pair::Ear, near)?[0]).signum());
    let vote = |ways: Vec<f64>| {
        let count = float(ways.len());
        let sum: f64 = ways.into_iter().sum();
        // A clear majority, not a coin.
        (count > 0.0 && sum.abs() >= count * 0.5).then(|| sum.signum())
    };
    vote(bodies.iter().filter_map(by_foot).collect()).or_else(|| vote(bodies.iter().filter_map(by_face).collect()))
}
