//! What is measured of a body in one frame. Angles in degrees, lengths in torso lengths or as ratios.

use serde::{Deserialize, Serialize};

use super::geometry::{Point, angle, cross, distance, lean};
use super::layout::{Body, Pair, Side, View};
use super::scene::Scene;

/// A joint whose included angle is measured: 180 is straight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "http", schema(as = PostureJoint))]
pub enum Joint {
    /// Shoulder, elbow, wrist.
    Elbow,
    /// Elbow, shoulder, hip.
    Shoulder,
    /// Shoulder, hip, knee.
    Hip,
    /// Hip, knee, ankle.
    Knee,
    /// Knee, ankle, toes.
    Ankle,
}

impl Joint {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Elbow, Self::Shoulder, Self::Hip, Self::Knee, Self::Ankle];

    /// The word in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Elbow => "elbow",
            Self::Shoulder => "shoulder",
            Self::Hip => "hip",
            Self::Knee => "knee",
            Self::Ankle => "ankle",
        }
    }

    const fn triplet(self) -> [Pair; 3] {
        match self {
            Self::Elbow => [Pair::Shoulder, Pair::Elbow, Pair::Wrist],
            Self::Shoulder => [Pair::Elbow, Pair::Shoulder, Pair::Hip],
            Self::Hip => [Pair::Shoulder, Pair::Hip, Pair::Knee],
            Self::Knee => [Pair::Hip, Pair::Knee, Pair::Ankle],
            Self::Ankle => [Pair::Knee, Pair::Ankle, Pair::Foot],
        }
    }

    /// The angle of one side.
    pub(crate) fn of_side(self, body: &Body, side: Side) -> Option<f64> {
        let [a, b, c] = self.triplet();
        let (a, b, c) = (body.at(a, side)?, body.at(b, side)?, body.at(c, side)?);
        // A segment that points at the camera is a few pixels long, and its direction is noise.
        let least = LEAST_SEGMENT * body.torso().unwrap_or(0.0);
        if self != Self::Ankle && (distance(a, b) < least || distance(b, c) < least) {
            return None;
        }
        angle(a, b, c)
    }

    /// The near side's in a side view, else that of the side that is bent more.
    pub(crate) fn of(self, body: &Body, scene: &Scene) -> Option<f64> {
        by_view(scene, |side| self.of_side(body, side))
    }
}

/// The least length of a limb in torso lengths: shorter ones are foreshortened too much.
const LEAST_SEGMENT: f64 = 0.12;

fn by_view(scene: &Scene, measure: impl Fn(Side) -> Option<f64>) -> Option<f64> {
    if scene.view == View::Side {
        return measure(scene.near);
    }
    match (measure(Side::Left), measure(Side::Right)) {
        (Some(left), Some(right)) => Some(left.min(right)),
        (left, right) => left.or(right),
    }
}

/// What form rules judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Included angle of the knee.
    Knee,
    /// Included angle of the hip.
    Hip,
    /// Included angle of the elbow.
    Elbow,
    /// Shoulder, hip, ankle: 180 is a straight body.
    BodyLine,
    /// How far the hip is off the line from shoulder to ankle, in its lengths: above 0 it sags, below it is piked.
    LineOffset,
    /// Knee to hip against level: above 0 the hip is lower.
    ThighInclination,
    /// The trunk's lean from upright.
    TrunkLean,
    /// The trunk's lean minus the shin's.
    TrunkMinusShin,
    /// The trunk's lean backwards.
    LeanBack,
    /// How far the knee is off the line from hip to ankle in the picture, towards the other leg; the worse side.
    KneeValgus,
    /// Distance of the knees by that of the ankles.
    KneeSeparation,
    /// How high the wrists are above the nose, in torso lengths; the lower one.
    WristsOverNose,
    /// How far the wrists are beside the shoulders, in torso lengths; the worse side.
    WristsBesideShoulders,
    /// Difference in height of the wrists, in torso lengths.
    WristsLevel,
    /// Included angle of the knee of the front leg.
    FrontKnee,
    /// Included angle of the knee of the rear leg.
    RearKnee,
    /// How much lower each is: hips below shoulders, knees below hips, in torso lengths; the smaller one.
    StartOrder,
}

impl Measure {
    /// The unit.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::LineOffset => "lengths",
            Self::KneeSeparation => "ratio",
            Self::WristsOverNose | Self::WristsBesideShoulders | Self::WristsLevel | Self::StartOrder => "torso lengths",
            _ => "degrees",
        }
    }

    /// In one frame; none where something that it takes is not seen.
    pub(crate) fn of(self, body: &Body, scene: &Scene) -> Option<f64> {
        match self {
            Self::Knee => Joint::Knee.of(body, scene),
            Self::Hip => Joint::Hip.of(body, scene),
            Self::Elbow => Joint::Elbow.of(body, scene),
            Self::BodyLine => line(body, scene.near, angle),
            Self::LineOffset => line(body, scene.near, |shoulder, hip, ankle| Some(offset(shoulder, hip, ankle))),
            Self::ThighInclination => {
                let (hip, knee) = (body.at(Pair::Hip, scene.near)?, body.at(Pair::Knee, scene.near)?);
                Some((hip[1] - knee[1]).atan2((hip[0] - knee[0]).abs()).to_degrees())
            }
            Self::TrunkLean => {
                let (hip, shoulder) = trunk(body, scene)?;
                lean(hip, shoulder)
            }
            Self::TrunkMinusShin => {
                let shin = lean(body.at(Pair::Ankle, scene.near)?, body.at(Pair::Knee, scene.near)?)?;
                Some(Self::TrunkLean.of(body, scene)? - shin)
            }
            Self::LeanBack => {
                let (hip, shoulder) = trunk(body, scene)?;
                Some(lean(hip, shoulder)? * -((shoulder[0] - hip[0]) * scene.facing?).signum())
            }
            Self::KneeValgus => worse(|side| valgus(body, side)),
            Self::KneeSeparation => separation(body),
            Self::FrontKnee => Joint::Knee.of_side(body, front_leg(body, scene)?),
            Self::RearKnee => Joint::Knee.of_side(body, front_leg(body, scene)?.other()),
            Self::WristsOverNose | Self::WristsBesideShoulders | Self::WristsLevel | Self::StartOrder => {
                self.of_lengths(body, scene)
            }
        }
    }

    /// Those in torso lengths.
    fn of_lengths(self, body: &Body, scene: &Scene) -> Option<f64> {
        let torso = body.torso()?;
        let wrist = |side: Side| body.at(Pair::Wrist, side);
        let length = match self {
            Self::WristsOverNose => {
                let nose = body.nose()?;
                nose[1] - wrist(Side::Left)?[1].max(wrist(Side::Right)?[1])
            }
            Self::WristsBesideShoulders => {
                let beside = |side: Side| Some((wrist(side)?[0] - body.at(Pair::Shoulder, side)?[0]).abs());
                beside(Side::Left)?.max(beside(Side::Right)?)
            }
            Self::WristsLevel => (wrist(Side::Left)?[1] - wrist(Side::Right)?[1]).abs(),
            _ => {
                let height = |pair: Pair| body.at(pair, scene.near).map(|at| at[1]);
                let (shoulder, hip, knee) = (height(Pair::Shoulder)?, height(Pair::Hip)?, height(Pair::Knee)?);
                (hip - shoulder).min(knee - hip)
            }
        };
        Some(length / torso)
    }
}

fn line(body: &Body, side: Side, measure: impl Fn(Point, Point, Point) -> Option<f64>) -> Option<f64> {
    measure(body.at(Pair::Shoulder, side)?, body.at(Pair::Hip, side)?, body.at(Pair::Ankle, side)?)
}

/// The same for a body that looks the other way: the sign follows from head to feet.
fn offset(shoulder: Point, hip: Point, ankle: Point) -> f64 {
    let length = distance(shoulder, ankle).max(1.0);
    (ankle[0] - shoulder[0]).signum() * cross(shoulder, ankle, hip) / length / length
}

/// Hip and shoulder: of the near side from beside, in the middle from the front.
fn trunk(body: &Body, scene: &Scene) -> Option<(Point, Point)> {
    if scene.view == View::Side {
        return body.at(Pair::Hip, scene.near).zip(body.at(Pair::Shoulder, scene.near));
    }
    body.between(Pair::Hip).zip(body.between(Pair::Shoulder))
}

fn worse(measure: impl Fn(Side) -> Option<f64>) -> Option<f64> {
    Side::BOTH.into_iter().filter_map(measure).max_by(f64::total_cmp)
}

/// Frontal plane projection angle: 180 minus the included angle, above 0 when the knee is towards the other leg.
fn valgus(body: &Body, side: Side) -> Option<f64> {
    let (hip, knee, ankle) = (body.at(Pair::Hip, side)?, body.at(Pair::Knee, side)?, body.at(Pair::Ankle, side)?);
    let inwards = cross(hip, ankle, body.anywhere(Pair::Hip, side.other())?).signum();
    Some((180.0 - angle(hip, knee, ankle)?) * cross(hip, ankle, knee).signum() * inwards)
}

fn separation(body: &Body) -> Option<f64> {
    let apart = |pair: Pair| Some((body.at(pair, Side::Left)?[0] - body.at(pair, Side::Right)?[0]).abs());
    let ankles = apart(Pair::Ankle)?;
    (ankles > 0.05 * body.torso()?).then_some(apart(Pair::Knee)? / ankles)
}

/// The leg whose knee is ahead of the hip.
fn front_leg(body: &Body, scene: &Scene) -> Option<Side> {
    let facing = scene.facing?;
    let ahead = |side: Side| Some((body.at(Pair::Knee, side)?[0] - body.at(Pair::Hip, side)?[0]) * facing);
    match (ahead(scene.near), ahead(scene.near.other())) {
        (Some(near), Some(far)) => Some(if near >= far { scene.near } else { scene.near.other() }),
        (Some(near), None) => Some(if near > 0.0 { scene.near } else { scene.near.other() }),
        (None, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::layout::{Layout, place_of};
    use super::*;

    fn body(points: &[(&str, Point)]) -> Body {
        let mut all = vec![None; 33];
        for (name, [x, y]) in points {
            all[place_of(name).unwrap()] = Some([*x / 1000.0, *y / 1000.0, 1.0]);
        }
        Body::new(Layout::Named, &all, [1000.0, 1000.0], false)
    }

    fn value(view: View, measure: Measure, points: &[(&str, Point)]) -> f64 {
        let body = body(points);
        measure.of(&body, &Scene::new(view, vec![0.0], vec![body])).unwrap()
    }

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-3, "{found} is not {expected}");
    }

    #[test]
    fn the_depth_of_a_squat_is_the_inclination_of_the_thigh() {
        let knee = ("left_knee", [520.0, 520.0]);
        near(value(View::Side, Measure::ThighInclination, &[("left_hip", [400.0, 500.0]), knee]), -9.4623);
        near(value(View::Side, Measure::ThighInclination, &[("left_hip", [395.0, 535.0]), knee]), 6.8428);
    }

    #[test]
    fn a_sagging_line_and_a_piked_one_have_opposite_signs_also_in_the_mirror() {
        for (hip, straight, off) in [(410.0, 177.15, -0.0124), (450.0, 160.25, 0.0870), (370.0, 154.77, -0.1119)] {
            for mirror in [false, true] {
                let at = |[x, y]: Point| if mirror { [1000.0 - x, y] } else { [x, y] };
                let points =
                    [("left_shoulder", at([100.0, 400.0])), ("left_hip", at([300.0, hip])), ("left_ankle", at([500.0, 430.0]))];
                assert!((value(View::Side, Measure::BodyLine, &points) - straight).abs() < 0.01);
                assert!((value(View::Side, Measure::LineOffset, &points) - off).abs() < 1e-4);
            }
        }
    }

    #[test]
    fn a_knee_that_falls_inwards_is_positive_on_both_sides() {
        let hips = [("left_hip", [560.0, 400.0]), ("right_hip", [440.0, 400.0])];
        let inwards = [("left_knee", [530.0, 600.0]), ("left_ankle", [560.0, 800.0])];
        let mirrored = [("right_knee", [470.0, 600.0]), ("right_ankle", [440.0, 800.0])];
        let left = value(View::Front, Measure::KneeValgus, &[hips, inwards].concat());
        let right = value(View::Front, Measure::KneeValgus, &[hips, mirrored].concat());
        assert!(left > 10.0 && (left - right).abs() < 1e-9, "{left} {right}");
        let outwards = [("left_knee", [590.0, 600.0]), ("left_ankle", [560.0, 800.0])];
        assert!(value(View::Front, Measure::KneeValgus, &[hips, outwards].concat()) < -10.0);
    }

    #[test]
    fn leaning_back_depends_on_where_the_person_looks() {
        let feet = |toe: f64| [("left_heel", [500.0, 900.0]), ("left_foot_index", [toe, 900.0])];
        let trunk = [("left_hip", [500.0, 600.0]), ("left_shoulder", [460.0, 300.0])];
        let back = value(View::Side, Measure::LeanBack, &[trunk, feet(580.0)].concat());
        let forward = value(View::Side, Measure::LeanBack, &[trunk, feet(420.0)].concat());
        near(back, 7.5946);
        near(forward, -7.5946);
    }
}
