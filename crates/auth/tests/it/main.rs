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
mod contract;
mod cookies;
mod credentials;
mod device;
mod passkeys;
mod recovery;
mod roles;
mod second_factors;
mod served;
mod sessions;
mod world;
