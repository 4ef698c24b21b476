#![doc = include_str!("../README.md")]

mod animations;
pub mod catalogue;
mod coach;
mod error;
mod exercises;
mod feature;
pub mod formulas;
mod imports;
mod library;
mod measurements;
pub mod metrics;
mod migrations;
pub mod model;
pub mod motion;
pub mod permissions;
pub mod plan;
mod plans;
mod ports;
mod profiles;
pub mod progress;
mod progress_service;
mod service;
mod store;
pub mod units;
mod workouts;

#[cfg(feature = "http")]
mod http;
#[cfg(feature = "testing")]
pub mod testing;

pub use error::{FitnessError, codes};
pub use feature::{Deps, Fitness};
pub use library::Library;
pub use migrations::ledger;
pub use ports::{MediaLink, MediaLinks, PlanWriter};
pub use service::{
    Animations, Bests, CoachContext, Drawing, Energy, Exercises, FormRules, ImportWish, Logged, MeasurementChange, Measurements,
    Picture, PlanAuthor, PlanChange, PlanRequest, Plans, Profiles, Progress, ProgressMetric, ProgressSeries, Seen, SetChange,
    Substituted, Substitution, Transfers, WorkoutChange, Workouts,
};
pub use store::exercises::StoredExercise;
