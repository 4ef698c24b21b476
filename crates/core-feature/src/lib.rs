#![doc = include_str!("../README.md")]

mod feature;
mod health;
mod privacy;
mod prompt;

pub use feature::Feature;
pub use health::HealthCheck;
pub use privacy::{ExportError, ExportSink, MemoryExport};
pub use prompt::{Effect, Template, Tool};
