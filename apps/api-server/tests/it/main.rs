//! Journeys over real sockets, with the program that people start.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed step fails the test"
)]

mod assistant;
mod auditing;
mod browsers;
mod canary;
mod chromium;
mod cluster;
mod code;
#[cfg(feature = "otlp")]
mod collector;
mod command_line;
mod conversations;
mod crash_loop;
mod demo;
mod documents;
mod everything;
#[cfg(feature = "otlp")]
mod exported;
mod faults;
mod first_run;
mod fitness;
mod identity;
mod integrations;
mod media;
mod moving;
mod oauth;
mod orgs;
mod pages;
mod program;
mod rekeyed;
mod replicas;
mod secrets;
mod shutdown;
mod subset;
mod topology;
mod traces;
mod vision;
