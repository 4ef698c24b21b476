use serde::Serialize;

use super::geometry::rounded;
use super::judge::Finding;
use super::layout::{Layout, View};
use super::measure::Joint;

/// A measured value.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "http", schema(as = PostureMetric))]
pub struct Metric {
    /// What it is, such as `shoulder_tilt` or `knee`.
    pub id: &'static str,
    /// Of several frames the median.
    pub value: f64,
    /// Of the value.
    pub unit: &'static str,
    /// Smallest over the frames.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// Largest over the frames.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// How wrong the value may be, in its unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<f64>,
    /// A word for the value; descriptive, no diagnosis.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<&'static str>,
    /// The subject's side that it is of, or that is lower.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub side: Option<&'static str>,
    /// What backs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'static str>,
}

impl Metric {
    pub(crate) fn new(id: &'static str, value: f64, unit: &'static str) -> Self {
        let value = rounded(value, 2);
        Self { id, value, unit, min: None, max: None, error: None, category: None, side: None, source: None }
    }

    pub(crate) fn error(mut self, error: f64) -> Self {
        self.error = Some(rounded(error, 2));
        self
    }

    pub(crate) fn range(mut self, min: f64, max: f64) -> Self {
        (self.min, self.max) = (Some(rounded(min, 2)), Some(rounded(max, 2)));
        self
    }

    pub(crate) fn category(mut self, category: &'static str) -> Self {
        self.category = Some(category);
        self
    }

    pub(crate) fn side(mut self, side: &'static str) -> Self {
        self.side = Some(side);
        self
    }

    pub(crate) fn source(mut self, source: &'static str) -> Self {
        self.source = Some(source);
        self
    }
}

/// Something that was not assessed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "http", schema(as = PostureNotAssessed))]
pub struct NotAssessed {
    /// A rule, a metric, `reps`, `view` or another word for what is missing.
    pub id: String,
    /// Why.
    pub reason: String,
}

/// The gate that counted.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct GateUsed {
    /// Its name.
    pub id: String,
    /// Which joint.
    pub joint: Joint,
    /// Bent, in degrees.
    pub low: f64,
    /// Straight, in degrees.
    pub high: f64,
    /// What backs it.
    pub source: String,
}

/// One repetition. Times in seconds, angles in degrees.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct Repetition {
    /// From 1.
    pub number: usize,
    /// When it began.
    pub start: f64,
    /// When it ended.
    pub end: f64,
    /// Where the joint was bent most.
    pub min_angle: f64,
    /// Where it was straightest.
    pub max_angle: f64,
    /// Seconds of bending.
    pub eccentric: f64,
    /// Seconds at the bottom.
    pub pause: f64,
    /// Seconds of straightening.
    pub concentric: f64,
    /// Between left and right at the bottom; null where only one side is seen.
    pub side_difference: Option<f64>,
    /// Rules that flagged it.
    pub failed: Vec<&'static str>,
}

/// The repetitions of a take.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct Reps {
    /// Whole ones.
    pub count: usize,
    /// Those that turned half-way.
    pub partial: usize,
    /// Bends of less than 0.6 seconds, which are not counted.
    pub too_fast: usize,
    /// What counted them.
    pub gate: GateUsed,
    /// Each whole one.
    pub repetitions: Vec<Repetition>,
    /// By how many percent the last one rose slower than the fastest; null with fewer than two.
    pub velocity_loss: Option<f64>,
}

/// A hold.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct Hold {
    /// Seconds in position, all together.
    pub seconds: f64,
    /// The longest without a break.
    pub longest: f64,
}

/// Everything that the landmarks say.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "http", schema(as = PostureAssessment))]
pub struct Assessment {
    /// As it was sent.
    pub layout: Layout,
    /// As it was sent.
    pub view: View,
    /// How many frames hold a person.
    pub frames: usize,
    /// From the first frame to the last.
    pub seconds: f64,
    /// The motion whose rules were used; null without an exercise.
    pub motion: Option<String>,
    /// Angles and posture.
    pub metrics: Vec<Metric>,
    /// What form rules found, the fine ones too.
    pub findings: Vec<Finding>,
    /// What was not assessed, and why.
    pub not_assessed: Vec<NotAssessed>,
    /// Null where nothing is counted.
    pub reps: Option<Reps>,
    /// Null where nothing is held.
    pub hold: Option<Hold>,
    /// Not medicine.
    pub disclaimer: &'static str,
}

/// Said with every assessment.
pub(crate) const DISCLAIMER: &str =
    "Measured from landmarks of a pose model, which are off by several degrees. No diagnosis and no medical advice.";
