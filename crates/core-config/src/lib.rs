#![doc = include_str!("../README.md")]

mod alias;
pub mod env;
mod file;
mod layer;
mod layers;
mod loader;
mod problem;
mod profile;
mod provenance;
mod read;
mod redact;
pub mod save;
mod suggest;
mod tree;

pub use alias::{Alias, Transform};
pub use env::Environment;
pub use layer::Layer;
pub use loader::{Loaded, Loader};
pub use problem::{ConfigProblem, ConfigProblems, EX_CONFIG};
pub use profile::Profile;
pub use provenance::{Entry, Provenance};
pub use save::SaveError;
