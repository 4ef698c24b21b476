use core_kernel::FieldError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::landmarks_body::Landmarks;
use crate::posture::{Frame, Gate, Joint, Layout, Limits, Measure, Moment, Motion, Never, Rule, Take, View, never};
use crate::{PostureRequest, Rulebook, VisionError, Watched};

/// The most frames.
const MAX_FRAMES: usize = 20_000;
/// The longest take in seconds.
const MAX_SECONDS: f64 = 6.0 * 3600.0;

/// A moment.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PostureFrame)]
pub(super) struct FrameBody {
    /// Seconds; they grow from frame to frame.
    t: f64,
    #[schema(value_type = Vec<Vec<f64>>)]
    landmarks: Landmarks,
}

/// Landmarks of one person, or a picture. One of `landmarks`, `frames` and `media_id`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PostureBody {
    /// The order of the landmarks; needed with `landmarks` and `frames`.
    layout: Option<Layout>,
    /// From where the person is seen.
    view: View,
    /// Pixels of the picture; needed with `landmarks` and `frames`, since angles are measured in pixels.
    #[schema(minimum = 16, maximum = 16384)]
    width: Option<f64>,
    #[schema(minimum = 16, maximum = 16384)]
    height: Option<f64>,
    /// An exercise by slug, name or alias; without one it is assessed how the person stands.
    #[schema(example = "push-up")]
    exercise: Option<String>,
    /// The picture is mirrored, as selfies are: left and right are exchanged.
    #[serde(default)]
    mirrored: bool,
    /// `[x, y, visibility]` each, x and y as parts of width and height (y down); null where there is none. With `named` an object by name.
    #[schema(value_type = Option<Vec<Vec<f64>>>)]
    landmarks: Option<Landmarks>,
    /// A sequence.
    frames: Option<Vec<FrameBody>>,
    /// A picture of this server, for its own pose model.
    media_id: Option<Uuid>,
}

impl PostureBody {
    pub(super) fn request(self) -> Result<PostureRequest, VisionError> {
        let exercise = self.exercise.clone();
        Ok(PostureRequest { watched: self.watched()?, exercise })
    }

    fn watched(self) -> Result<Watched, VisionError> {
        let given =
            usize::from(self.landmarks.is_some()) + usize::from(self.frames.is_some()) + usize::from(self.media_id.is_some());
        if given != 1 {
            return Err(VisionError::field("", "one_of", "Expected one of landmarks, frames and media_id."));
        }
        let (view, mirrored) = (self.view, self.mirrored);
        if let Some(media) = self.media_id {
            return Ok(Watched::Media { media, view, mirrored });
        }
        let layout =
            self.layout.ok_or_else(|| VisionError::field("/layout", "required", "Expected the layout of the landmarks."))?;
        let (width, height) = (side("/width", self.width)?, side("/height", self.height)?);
        let frames = match (self.landmarks, self.frames) {
            (Some(landmarks), _) => {
                let landmarks = landmarks.checked(layout, "/landmarks").map_err(|fault| VisionError::Invalid(vec![fault]))?;
                vec![Frame { t: 0.0, landmarks }]
            }
            (None, frames) => sequence(layout, frames.unwrap_or_default())?,
        };
        Ok(Watched::Landmarks(Take { layout, view, width, height, mirrored, frames }))
    }
}

fn side(pointer: &str, value: Option<f64>) -> Result<f64, VisionError> {
    value
        .filter(|pixels| (16.0..=16_384.0).contains(pixels))
        .ok_or_else(|| VisionError::field(pointer, "out_of_range", "Expected 16 to 16384 pixels."))
}

fn sequence(layout: Layout, frames: Vec<FrameBody>) -> Result<Vec<Frame>, VisionError> {
    if frames.is_empty() || frames.len() > MAX_FRAMES {
        return Err(VisionError::field("/frames", "wrong_count", format!("Expected 1 to {MAX_FRAMES} frames.")));
    }
    let mut before = f64::NEG_INFINITY;
    let mut sequence = Vec::with_capacity(frames.len());
    for (index, frame) in frames.into_iter().enumerate() {
        if !(0.0..=MAX_SECONDS).contains(&frame.t) || frame.t <= before {
            let rule = format!("Seconds from 0 to {MAX_SECONDS}, each greater than the one before.");
            return Err(VisionError::field(format!("/frames/{index}/t"), "out_of_order", rule));
        }
        before = frame.t;
        let landmarks = frame.landmarks.checked(layout, &format!("/frames/{index}/landmarks"));
        sequence.push(Frame { t: frame.t, landmarks: landmarks.map_err(|fault: FieldError| VisionError::Invalid(vec![fault]))? });
    }
    Ok(sequence)
}

/// A form rule.
#[derive(Serialize, ToSchema)]
#[schema(as = FormRule)]
struct RuleView {
    id: &'static str,
    view: View,
    measure: Measure,
    unit: &'static str,
    at: Moment,
    /// Motions that it belongs to.
    exercises: &'static [String],
    ok: Limits,
    /// Off, but hardly beyond what can be measured; beyond it is flagged.
    watch: Limits,
    cue: &'static str,
    source: &'static str,
    evidence: crate::posture::Evidence,
    /// How wrong a measured value may be.
    error: f64,
}

impl RuleView {
    fn of(rule: &'static Rule) -> Self {
        Self {
            id: &rule.id,
            view: rule.view,
            measure: rule.measure,
            unit: rule.measure.unit(),
            at: rule.at,
            exercises: &rule.exercises,
            ok: rule.ok,
            watch: rule.watch,
            cue: &rule.cue,
            source: &rule.source,
            evidence: rule.evidence,
            error: rule.error,
        }
    }
}

/// What counts the repetitions of a motion.
#[derive(Serialize, ToSchema)]
#[schema(as = CountingGate)]
struct GateView {
    id: String,
    motion: String,
    view: View,
    joint: Joint,
    /// At or below this the joint is bent, in degrees.
    low: f64,
    /// At or above this it is straight again, in degrees.
    high: f64,
    source: String,
}

impl GateView {
    fn of(motion: Motion) -> Option<Self> {
        let Gate { id, joint, low, high, source } = motion.gate?;
        let rounded = |degrees: f64| crate::posture::rounded(degrees, 1);
        Some(Self { id, motion: motion.id, view: motion.view, joint, low: rounded(low), high: rounded(high), source })
    }
}

/// What landmarks can never tell.
#[derive(Serialize, ToSchema)]
#[schema(as = NeverAssessed)]
struct NeverView {
    id: &'static str,
    exercises: &'static [String],
    reason: &'static str,
}

/// Every rule that is applied to landmarks.
#[derive(Serialize, ToSchema)]
#[schema(as = PostureRules)]
pub(super) struct RulesView {
    rules: Vec<RuleView>,
    gates: Vec<GateView>,
    never: Vec<NeverView>,
}

impl From<Rulebook> for RulesView {
    fn from(book: Rulebook) -> Self {
        let told = |never: &'static Never| NeverView { id: &never.id, exercises: &never.exercises, reason: &never.reason };
        Self {
            rules: book.rules.iter().map(RuleView::of).collect(),
            gates: book.motions.into_iter().filter_map(GateView::of).collect(),
            never: never().iter().map(told).collect(),
        }
    }
}
