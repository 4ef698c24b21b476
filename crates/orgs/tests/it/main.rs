//! The contract of organisations on every engine at hand.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed step fails the test")]

mod contract;
mod domains;
mod invitations;
mod memberships;
mod organisations;
mod over_http;
mod privacy;
mod races;
mod random_invitations;
mod random_moves;
mod world;
