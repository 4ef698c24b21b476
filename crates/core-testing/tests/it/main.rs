//! The contract suite against a small feature: it passes when the feature is right, and names each flaw when it is not. And the
//! rules over the whole workspace.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail a test")]

mod contract;
mod diary;
mod workspace;
