//! The conventions of the HTTP API, over real sockets, on a small demonstration feature.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may fail a test")]

mod bodies;
mod callers;
mod demo;
mod documents;
mod feeds;
mod flood;
mod fuzz;
mod idempotency;
mod large_bodies;
mod logs;
mod resources;
mod routing;
mod serving;
mod streams;
mod table;
mod world;
