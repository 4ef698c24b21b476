use serde::{Deserialize, Serialize};

use super::spec::{Key, Limbs, Motion, Point, View};

/// Lengths of segments in body heights (Drillis & Contini 1966, as in Winter, Biomechanics and Motor Control).
pub(crate) const TRUNK: f64 = 0.288;
pub(crate) const UPPER_ARM: f64 = 0.186;
pub(crate) const FOREARM: f64 = 0.146;
pub(crate) const HAND: f64 = 0.05;
pub(crate) const THIGH: f64 = 0.245;
pub(crate) const SHIN: f64 = 0.246;
pub(crate) const FOOT: f64 = 0.13;
/// From the ankle back to the heel.
const HEEL: f64 = 0.035;
/// Height of the ankle over the sole.
pub(crate) const ANKLE: f64 = 0.039;
/// From the line of the shoulders to the middle of the head.
const NECK: f64 = 0.118;
/// Half of the widths of shoulders and hips, in front views.
const HALF_SHOULDERS: f64 = 0.115;
const HALF_HIPS: f64 = 0.075;

/// A joint whose angle is looked at: the included angle, 180 when straight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "http", schema(as = MotionJoint))]
pub enum Joint {
    /// Shoulder, elbow, wrist.
    Elbow,
    /// Hip, shoulder, elbow.
    Shoulder,
    /// Shoulder, hip, knee.
    Hip,
    /// Hip, knee, ankle.
    Knee,
    /// Knee, ankle, toe.
    Ankle,
}

impl Joint {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Elbow, Self::Shoulder, Self::Hip, Self::Knee, Self::Ankle];
}

/// One side of a body.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Side {
    /// Shoulder.
    pub shoulder: Point,
    /// Elbow.
    pub elbow: Point,
    /// Wrist.
    pub wrist: Point,
    /// End of the hand.
    pub hand: Point,
    /// Hip.
    pub hip: Point,
    /// Knee.
    pub knee: Point,
    /// Ankle.
    pub ankle: Point,
    /// Heel.
    pub heel: Point,
    /// End of the foot.
    pub toe: Point,
}

/// A body at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pose {
    /// Middle of the hips.
    pub hip: Point,
    /// Middle of the shoulders.
    pub neck: Point,
    /// Middle of the head.
    pub head: Point,
    /// Near side; at positive x in front views.
    pub near: Side,
    /// Far side.
    pub far: Side,
}

pub(crate) fn along([x, y]: Point, degrees: f64, length: f64) -> Point {
    let (sin, cos) = degrees.to_radians().sin_cos();
    [x + cos * length, y + sin * length]
}

pub(crate) fn between([x, y]: Point, [to_x, to_y]: Point, share: f64) -> Point {
    [x + (to_x - x) * share, y + (to_y - y) * share]
}

pub(crate) fn distance([x, y]: Point, [to_x, to_y]: Point) -> f64 {
    (to_x - x).hypot(to_y - y)
}

/// The included angle at `b`, in degrees. None where a segment is degenerate.
pub(crate) fn angle(a: Point, b: Point, c: Point) -> Option<f64> {
    let (ux, uy, vx, vy) = (a[0] - b[0], a[1] - b[1], c[0] - b[0], c[1] - b[1]);
    if ux.hypot(uy) < 1e-6 || vx.hypot(vy) < 1e-6 {
        return None;
    }
    Some((ux * vy - uy * vx).abs().atan2(ux * vx + uy * vy).to_degrees())
}

/// The joint between two segments that reach from `from` to `to`, and where `to` really is when it is out of reach.
fn reach(from: Point, to: Point, (first, second): (f64, f64), bend: f64) -> (Point, Point) {
    let span = distance(from, to).clamp((first - second).abs() + 1e-6, first + second - 1e-6);
    let direction = (to[1] - from[1]).atan2(to[0] - from[0]);
    let cosine = (first * first + span * span - second * second) / (2.0 * first * span);
    let middle = along(from, (direction + bend * cosine.clamp(-1.0, 1.0).acos()).to_degrees(), first);
    (middle, along(from, direction.to_degrees(), span))
}

impl Motion {
    /// The pose at a moment of the repetition, 0 to 1; it returns to the first pose.
    pub fn pose(&self, moment: f64) -> Option<Pose> {
        let moment = moment.rem_euclid(1.0);
        let first = self.keys.first()?;
        let index = self.keys.iter().rposition(|key| key.at <= moment)?;
        let from = self.keys.get(index)?;
        let (to, end) = self.keys.get(index + 1).map_or((first, 1.0), |key| (key, key.at));
        let share = ((moment - from.at) / (end - from.at).max(1e-9)).clamp(0.0, 1.0);
        // Muscles start and stop softly.
        let eased = 0.5 - 0.5 * (share * std::f64::consts::PI).cos();
        Some(self.solve(&blend(from, to, eased)))
    }

    fn solve(&self, key: &Key) -> Pose {
        let neck = along(key.hip, key.trunk, TRUNK);
        let head = along(neck, key.head.unwrap_or(key.trunk), NECK);
        let (shoulder, hip) = match self.view {
            View::Side => (0.0, 0.0),
            View::Front => (HALF_SHOULDERS, HALF_HIPS),
        };
        let across = key.trunk - 90.0;
        let foot = if self.view == View::Front { 0.55 } else { 1.0 };
        let at = |side: f64| (along(neck, across, shoulder * side), along(key.hip, across, hip * side));
        let near = solve_side(&key.near, at(1.0), neck, foot);
        let far = match (self.view, &key.far) {
            (_, Some(limbs)) => solve_side(limbs, at(-1.0), neck, foot),
            (View::Side, None) => near,
            (View::Front, None) => mirrored(&near, key.hip[0]),
        };
        Pose { hip: key.hip, neck, head, near, far }
    }
}

fn mirrored(side: &Side, axis: f64) -> Side {
    let flip = |[x, y]: Point| [2.0 * axis - x, y];
    Side {
        shoulder: flip(side.shoulder),
        elbow: flip(side.elbow),
        wrist: flip(side.wrist),
        hand: flip(side.hand),
        hip: flip(side.hip),
        knee: flip(side.knee),
        ankle: flip(side.ankle),
        heel: flip(side.heel),
        toe: flip(side.toe),
    }
}

/// `foot` shortens the foot where it points out of the picture.
fn solve_side(limbs: &Limbs, (shoulder, hip): (Point, Point), neck: Point, foot: f64) -> Side {
    let target = limbs.hand.or_else(|| limbs.grip.map(|[x, y]| [neck[0] + x, neck[1] + y]));
    let (elbow, wrist) = match (target, limbs.arm) {
        (Some(hand), _) => reach(shoulder, hand, (UPPER_ARM, FOREARM), limbs.elbow),
        (None, arm) => {
            let [upper, lower] = arm.unwrap_or([-90.0, -90.0]);
            let elbow = along(shoulder, upper, UPPER_ARM);
            (elbow, along(elbow, lower, FOREARM))
        }
    };
    let (knee, ankle) = match (limbs.ankle, limbs.leg) {
        (Some(ankle), _) => reach(hip, ankle, (THIGH, SHIN), limbs.knee),
        (None, leg) => {
            let [thigh, shin] = leg.unwrap_or([-90.0, -90.0]);
            let knee = along(hip, thigh, THIGH);
            (knee, along(knee, shin, SHIN))
        }
    };
    let fore = (wrist[1] - elbow[1]).atan2(wrist[0] - elbow[0]).to_degrees();
    let sole = along(ankle, limbs.foot - 90.0, ANKLE - 0.02);
    Side {
        shoulder,
        elbow,
        wrist,
        hand: along(wrist, limbs.palm.unwrap_or(fore), HAND),
        hip,
        knee,
        ankle,
        heel: along(sole, limbs.foot, -HEEL),
        toe: along(sole, limbs.foot, (FOOT - HEEL) * foot),
    }
}

impl Side {
    /// The included angle of a joint; none where it is degenerate.
    pub fn angle(&self, joint: Joint) -> Option<f64> {
        match joint {
            Joint::Elbow => angle(self.shoulder, self.elbow, self.wrist),
            Joint::Shoulder => angle(self.hip, self.shoulder, self.elbow),
            Joint::Hip => angle(self.shoulder, self.hip, self.knee),
            Joint::Knee => angle(self.hip, self.knee, self.ankle),
            Joint::Ankle => angle(self.knee, self.ankle, self.toe),
        }
    }
}

fn mix(from: f64, to: f64, share: f64) -> f64 {
    from + (to - from) * share
}

fn blend(from: &Key, to: &Key, share: f64) -> Key {
    Key {
        at: 0.0,
        hip: between(from.hip, to.hip, share),
        trunk: mix(from.trunk, to.trunk, share),
        head: match (from.head, to.head) {
            (None, None) => None,
            (one, other) => Some(mix(one.unwrap_or(from.trunk), other.unwrap_or(to.trunk), share)),
        },
        near: blend_limbs(&from.near, &to.near, share),
        far: match (&from.far, &to.far) {
            (None, None) => None,
            (one, other) => Some(blend_limbs(one.as_ref().unwrap_or(&from.near), other.as_ref().unwrap_or(&to.near), share)),
        },
    }
}

fn blend_limbs(from: &Limbs, to: &Limbs, share: f64) -> Limbs {
    let pair = |one: Option<Point>, other: Option<Point>| {
        one.zip(other).map(|(one, other)| between(one, other, share)).or(one).or(other)
    };
    Limbs {
        arm: pair(from.arm, to.arm),
        hand: pair(from.hand, to.hand),
        grip: pair(from.grip, to.grip),
        elbow: from.elbow,
        leg: pair(from.leg, to.leg),
        ankle: pair(from.ankle, to.ankle),
        knee: from.knee,
        foot: mix(from.foot, to.foot, share),
        palm: from.palm.zip(to.palm).map(|(from, to)| mix(from, to, share)).or(from.palm),
    }
}
