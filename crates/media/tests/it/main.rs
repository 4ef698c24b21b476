//! Media over a store in memory, on every engine at hand.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed step fails the test")]

mod avif;
mod contract;
mod direct;
mod library;
mod pictures;
mod shapes;
mod uploads;
mod world;
