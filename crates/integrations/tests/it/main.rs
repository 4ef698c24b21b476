//! Integrations against stand-ins of the providers, on every engine at hand.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed step fails the test")]

mod accounts;
mod contract;
mod converters;
mod github;
mod jira;
mod links;
mod notion;
mod over_http;
mod pacing;
mod world;
