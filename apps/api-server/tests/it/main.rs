//! Journeys over real sockets, with the program that people start.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed step fails the test"
)]

mod assistant;
mod browsers;
mod canary;
mod chromium;
mod code;
mod command_line;
mod conversations;
mod documents;
mod durability;
mod everything;
mod first_run;
mod fitness;
mod identity;
mod integrations;
mod media;
mod oauth;
mod orgs;
mod pages;
mod program;
mod replicas;
mod secrets;
mod shutdown;
mod vision;
