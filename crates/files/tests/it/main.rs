//! Files on every engine at hand.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod contract;
