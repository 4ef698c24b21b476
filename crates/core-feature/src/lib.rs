//! What every feature says about itself: name, permissions, jobs, events, health, ledger, export and erase.
//!
//! There is no web in here: routes are `core_http::Routes`.

mod feature;
mod health;
mod privacy;
mod prompt;

pub use feature::Feature;
pub use health::HealthCheck;
pub use privacy::{ExportError, ExportSink, MemoryExport};
pub use prompt::{Effect, Template, Tool};
