//! The contract of profiles, on every engine at hand and over a real socket.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod account;
mod avatars;
mod contract;
mod exports;
mod over_http;
mod people;
mod profiles;
mod projection;
mod world;
