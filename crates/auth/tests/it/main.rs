//! The contract of identity on every engine at hand.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failed step fails the test")]

mod accounts;
mod api_keys;
mod contract;
mod credentials;
mod oauth;
mod recovery;
mod roles;
mod second_factors;
mod sessions;
mod world;
