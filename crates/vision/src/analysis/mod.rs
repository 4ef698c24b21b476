//! What can be said of a photo, from the gate before a model sees it to the range at the end. Pure functions: nothing here stores or asks.

mod head;
mod merge;
mod quality;
mod question;
mod report;
mod said;

pub(crate) use head::blur;
pub(crate) use merge::merge;
pub(crate) use quality::{encode, faults, measure};
pub(crate) use question::{CONSENT, PHYSIQUE_VERSION, asks_medicine, general, physique};
pub use report::{BodyFat, Feature, Method, ModelUsed, PhotoReport, Report};
pub(crate) use report::{DISCLAIMER, always_limits};
pub(crate) use said::{GeneralSaid, PhysiqueSaid, general_said, physique_said};
