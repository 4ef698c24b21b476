#![doc = include_str!("../README.md")]

mod answer;
mod dialect;
mod request;
mod scenario;
mod script;
mod server;

pub use answer::{Answer, Finish, Piece, UsageNumbers};
pub use dialect::{Dialect, Fault, Frame, Hint, Protocol};
pub use request::Recorded;
pub use scenario::Scenario;
pub use script::{Bill, Gate, Script, Step};
pub use server::MockLlm;
