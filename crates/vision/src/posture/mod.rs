//! Posture and form from landmarks: pure functions over numbers that a pose model gave. Nothing here reads, stores or waits.

mod answer;
mod assess;
mod geometry;
mod hold;
mod judge;
mod layout;
mod measure;
mod reps;
mod rules;
mod scene;
mod smoothing;
mod standing;
#[cfg(test)]
mod tests;

pub use answer::{Assessment, GateUsed, Hold, Metric, NotAssessed, Repetition, Reps};
pub use assess::assess;
pub(crate) use geometry::{float, rounded};
pub use judge::Finding;
pub(crate) use layout::Body;
pub use layout::{Layout, NAMES, View, place_of};
pub use measure::{Joint, Measure};
pub use rules::{Evidence, Limits, Moment, Never, Rule, Status, all as rules, never};

/// A landmark as a fraction of the picture's width and height, and how well it is seen, 0 to 1.
pub type Landmark = [f64; 3];

/// One moment of a take.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    /// Seconds.
    pub t: f64,
    /// In the order of the layout (by name: of [`NAMES`]); empty: nobody is seen.
    pub landmarks: Vec<Option<Landmark>>,
}

/// What is to be assessed.
#[derive(Clone, Debug, PartialEq)]
pub struct Take {
    /// The order of the landmarks.
    pub layout: Layout,
    /// From where the person is seen.
    pub view: View,
    /// Pixels of the picture's width.
    pub width: f64,
    /// Pixels of its height.
    pub height: f64,
    /// The picture is mirrored, as selfies are.
    pub mirrored: bool,
    /// By growing time. One frame is a still.
    pub frames: Vec<Frame>,
}

/// When a repetition counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// Stable name, such as `push-up.elbow`.
    pub id: String,
    /// Which joint.
    pub joint: Joint,
    /// At or below this it is bent, in degrees.
    pub low: f64,
    /// At or above this it is straight again, in degrees.
    pub high: f64,
    /// What backs the two numbers.
    pub source: String,
}

/// How an exercise moves.
#[derive(Clone, Debug, PartialEq)]
pub struct Motion {
    /// Stable name, such as `push-up`.
    pub id: String,
    /// From where it is seen.
    pub view: View,
    /// What counts repetitions; none: it is a hold.
    pub gate: Option<Gate>,
}
