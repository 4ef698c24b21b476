use serde::Serialize;

use super::{Joint, Motion, View};
use crate::units::float;

/// The range of a joint over a repetition, in degrees of the included angle.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct JointRange {
    /// Which joint, on the near side.
    pub joint: Joint,
    /// Smallest angle.
    pub least: f64,
    /// Largest angle.
    pub most: f64,
}

/// When a repetition counts: the angle must pass `low` and come back over `high`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FormGate {
    /// Stable name, such as `push-up.elbow`.
    pub id: String,
    /// Which joint.
    pub joint: Joint,
    /// At or below this it is bent.
    pub low: f64,
    /// At or above this it is straight again.
    pub high: f64,
    /// What backs the two numbers.
    pub source: &'static str,
}

/// What the motion of an exercise says about its form.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExerciseForm {
    /// The motion.
    pub motion: String,
    /// From where it must be seen.
    pub view: View,
    /// Seconds of a repetition as it is shown.
    pub seconds: f64,
    /// Every joint's range.
    pub ranges: Vec<JointRange>,
    /// The gate that counts repetitions; none: nothing moves enough to be counted, it is a hold.
    pub gate: Option<FormGate>,
}

/// Moments at which a motion is looked at.
const SAMPLES: usize = 120;
/// The least range of a joint whose repetitions are counted: twice the hysteresis of 20 degrees that measured angles need.
const LEAST_RANGE: f64 = 24.0;

/// Gates whose numbers come from a standard rather than from the motion.
const STANDARDS: [(&str, Joint, f64, f64, &str); 1] = [(
    "push-up",
    Joint::Elbow,
    100.0,
    160.0,
    "AFI 36-2905: upper arm level with the floor, arms fully extended; 10 degrees for the bias of pose models",
)];

/// Ranges and gate of a motion.
pub fn form_of(motion: &Motion) -> ExerciseForm {
    let poses: Vec<_> = (0..SAMPLES).filter_map(|index| motion.pose(float(index) / float(SAMPLES))).collect();
    let range = |joint: Joint| {
        let angles: Vec<f64> = poses.iter().filter_map(|pose| pose.near.angle(joint)).collect();
        let least = angles.iter().copied().min_by(f64::total_cmp)?;
        let most = angles.iter().copied().max_by(f64::total_cmp)?;
        Some(JointRange { joint, least, most })
    };
    let ranges: Vec<JointRange> = Joint::ALL.into_iter().filter_map(range).collect();
    let widest = || ranges.iter().max_by(|a, b| (a.most - a.least).total_cmp(&(b.most - b.least)));
    let counted = motion.counts.and_then(|joint| ranges.iter().find(|range| range.joint == joint)).or_else(widest);
    let gate = counted.filter(|range| range.most - range.least >= LEAST_RANGE).map(|range| gate(motion, range));
    ExerciseForm { motion: motion.id.clone(), view: motion.view, seconds: motion.seconds, ranges, gate }
}

fn gate(motion: &Motion, range: &JointRange) -> FormGate {
    let id = format!("{}.{}", motion.id, format!("{:?}", range.joint).to_lowercase());
    if let Some((_, joint, low, high, source)) = STANDARDS.iter().find(|(name, ..)| *name == motion.id) {
        return FormGate { id, joint: *joint, low: *low, high: *high, source };
    }
    let span = range.most - range.least;
    FormGate {
        id,
        joint: range.joint,
        low: range.least + span * 0.2,
        high: range.most - span * 0.2,
        source: "product default: a fifth of the shown range from either end",
    }
}
