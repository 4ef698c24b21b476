//! The contract of administration and the feed, on every engine at hand and over a real socket.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod administration;
mod contract;
mod feed;
mod over_http;
mod upkeep;
mod world;
