//! The feature on both engines, against providers on sockets, alone and over HTTP.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may fail a test")]

mod accounts;
mod attempts;
mod chaos;
mod contract;
mod conversations;
mod generations;
mod http;
mod leaving;
mod memory;
mod openai;
mod pipeline;
mod policies;
mod providers;
mod recall;
mod rolling;
mod shapes;
mod tools;
mod words;
mod world;
