use std::collections::HashMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

const FILE: &str = include_str!("../../data/motions.json");

/// A place in the plane of the view, in body heights: x to the right, y up, the floor at 0.
pub type Point = [f64; 2];

/// From where a motion is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// From the subject's right, looking to the right of the picture.
    Side,
    /// From the front; the two sides mirror each other unless `far` says otherwise.
    Front,
}

/// A motion: key poses of one repetition, which returns to its first pose.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Motion {
    /// Stable name.
    pub id: String,
    /// Slugs of the exercises that it shows.
    pub exercises: Vec<String>,
    /// From where.
    pub view: View,
    /// Seconds of a repetition.
    pub seconds: f64,
    /// Key poses with their moments, 0 to 1; the first is at 0.
    pub keys: Vec<Key>,
    /// What else is in the picture.
    #[serde(default)]
    pub props: Vec<Prop>,
    /// The joint whose angle counts repetitions; none: the one that moves most.
    #[serde(default)]
    pub counts: Option<super::Joint>,
}

/// A key pose. Angles in degrees, counter-clockwise from the x axis: 90 is up, -90 down, 0 forward.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// Moment within the repetition.
    pub at: f64,
    /// The middle of the hips.
    pub hip: Point,
    /// Direction from hips to shoulders.
    pub trunk: f64,
    /// Direction from the neck to the head; none: as the trunk.
    #[serde(default)]
    pub head: Option<f64>,
    /// The near side (in front views the side at positive x).
    pub near: Limbs,
    /// The far side where it differs.
    #[serde(default)]
    pub far: Option<Limbs>,
}

/// Arm and leg of one side, each by angles or by where it holds on.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limbs {
    /// Directions of upper arm and forearm.
    #[serde(default)]
    pub arm: Option<[f64; 2]>,
    /// Where the wrist is; the elbow follows.
    #[serde(default)]
    pub hand: Option<Point>,
    /// Where the wrist is, seen from the middle of the shoulders.
    #[serde(default)]
    pub grip: Option<Point>,
    /// To which side the elbow bends: 1 or -1.
    #[serde(default = "one")]
    pub elbow: f64,
    /// Directions of thigh and shin.
    #[serde(default)]
    pub leg: Option<[f64; 2]>,
    /// Where the ankle is; the knee follows.
    #[serde(default)]
    pub ankle: Option<Point>,
    /// To which side the knee bends: 1 is forward.
    #[serde(default = "one")]
    pub knee: f64,
    /// Direction from heel to toe.
    #[serde(default)]
    pub foot: f64,
    /// Direction of the hand where it lies on something; none: on with the forearm.
    #[serde(default)]
    pub palm: Option<f64>,
}

fn one() -> f64 {
    1.0
}

/// Something beside the body.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Prop {
    /// A barbell in the hands, or on the shoulders.
    Barbell {
        /// On the upper back instead of in the hands.
        #[serde(default)]
        on_back: bool,
        /// On the hips.
        #[serde(default)]
        on_hips: bool,
    },
    /// A dumbbell in each hand.
    Dumbbells {},
    /// A kettlebell in the hands.
    Kettlebell {},
    /// A pad on legs: its left end, its length, its height, its slope in degrees.
    Bench {
        /// Left end of the pad's top.
        at: Point,
        /// Length along the pad.
        length: f64,
        /// Slope.
        #[serde(default)]
        slope: f64,
    },
    /// A box on the floor: left edge, width, height.
    Block {
        /// Left edge.
        x: f64,
        /// Width.
        width: f64,
        /// Height.
        height: f64,
    },
    /// A fixed bar, seen from its end in side views.
    Bar {
        /// Where.
        at: Point,
    },
    /// A cable or band from a fixed place to the hands.
    Cable {
        /// Where it is fixed.
        from: Point,
    },
    /// A wall.
    Wall {
        /// Where.
        x: f64,
    },
}

#[derive(Deserialize)]
struct File {
    motions: Vec<Motion>,
}

struct Motions {
    all: Vec<Motion>,
    by_id: HashMap<String, usize>,
}

fn motions() -> &'static Motions {
    static MOTIONS: OnceLock<Motions> = OnceLock::new();
    // The file is part of the program and a test reads it.
    MOTIONS.get_or_init(|| {
        let all = serde_json::from_str::<File>(FILE).map(|file| file.motions).unwrap_or_default();
        let by_id = all.iter().enumerate().map(|(index, motion)| (motion.id.clone(), index)).collect();
        Motions { all, by_id }
    })
}

/// Every motion.
pub fn all() -> &'static [Motion] {
    &motions().all
}

/// The motion of an id.
pub fn by_id(id: &str) -> Option<&'static Motion> {
    motions().by_id.get(id).and_then(|index| motions().all.get(*index))
}

#[cfg(test)]
pub(super) fn parse(text: &str) -> Result<Vec<Motion>, serde_json::Error> {
    serde_json::from_str::<File>(text).map(|file| file.motions)
}

#[cfg(test)]
pub(super) const SOURCE: &str = FILE;
