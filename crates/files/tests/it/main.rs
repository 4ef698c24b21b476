//! Files on every engine at hand.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod archives;
mod contract;
mod races;
mod root_paths;
mod searching;
mod shapes;
mod tarballs;
mod trail;
mod workspaces;
mod world;
