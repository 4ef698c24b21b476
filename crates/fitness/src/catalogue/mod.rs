//! Exercises: what they are, how they are found, where they come from.

mod check;
mod index;
mod model;
mod vocabulary;

#[cfg(feature = "http")]
pub(crate) use check::is_line;
pub use check::{faults, is_slug, slug_of};
pub(crate) use index::likeness;
pub use index::{Index, Search, Written, fold, own};
pub use model::{Exercise, LANGUAGE};
pub(crate) use vocabulary::words;
pub use vocabulary::{Area, Equipment, Force, Mechanic, Muscle, Pattern, SetMetric};

#[cfg(test)]
mod tests;
