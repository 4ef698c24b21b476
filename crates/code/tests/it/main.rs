//! Source code: the contract, and what the extractor finds.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod contract;
