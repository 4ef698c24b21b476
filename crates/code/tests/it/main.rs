//! Source code: the contract, what the extractor finds, maps, and sources that mean ill.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod contract;
mod hostile;
mod labelled;
mod mapping;
mod streaming;
