//! Types that are parsed once and valid afterwards.

mod day;
mod log;
mod profile;

pub use day::Day;
pub use log::{
    Import, ImportId, ImportSource, ImportStatus, Measurement, MeasurementDraft, MeasurementId, MeasurementKind, PlanId,
    SetDraft, SetId, SetKind, StoredPlan, Swap, Workout, WorkoutDraft, WorkoutId, WorkoutSet,
};
pub use profile::{AGES, Experience, Goal, Profile, ProfileDraft};
