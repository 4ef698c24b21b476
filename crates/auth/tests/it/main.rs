//! The contract of identity on every engine at hand.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failed step fails the test")]

mod accounts;
mod api_keys;
mod audit_chain;
mod contract;
mod credentials;
mod email_changes;
mod guesses;
mod impersonation;
mod invited;
mod magic_links;
mod passwords;
mod races;
mod recovery;
mod roles;
mod second_factors;
mod sessions;
mod signing_keys;
mod world;
