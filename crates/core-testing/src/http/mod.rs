//! A server on a free port, a client that can misbehave, callers by name, and the contract suite over a feature's operations.

mod actors;
mod client;
pub mod contract;
mod server;
mod shape;
mod statements;

pub use actors::FixedActors;
pub use client::{FormFile, Reply, Request, Stream};
pub use server::TestServer;
pub use shape::shape;
pub use statements::StatementCounter;
