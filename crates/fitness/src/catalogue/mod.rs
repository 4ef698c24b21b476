//! Exercises: what they are, how they are found, where they come from.

mod vocabulary;

pub use vocabulary::{Area, Equipment, Force, Mechanic, Muscle, Pattern, SetMetric};
