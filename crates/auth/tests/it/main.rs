//! The contract of identity on every engine at hand.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed step fails the test"
)]

mod accounts;
mod administration;
mod api_keys;
mod audit_chain;
mod contract;
mod cookies;
mod credentials;
mod device;
mod email_changes;
mod fuzz;
mod guesses;
mod impersonation;
mod invited;
mod linking;
mod magic_links;
mod oauth;
mod passkeys;
mod passwords;
mod policies;
mod races;
mod random_sessions;
mod random_ways_in;
mod recovery;
mod roles;
mod second_factors;
mod served;
mod sessions;
mod shapes;
mod signing_keys;
mod trust;
mod world;
