//! Types that are parsed once and valid afterwards.

mod day;
mod profile;

pub use day::Day;
pub use profile::{AGES, Experience, Goal, Profile, ProfileDraft};
