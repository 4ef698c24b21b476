//! Fitness on every engine at hand and over a real socket.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod contract;
mod journey;
mod lists;
mod shapes;
mod world;
