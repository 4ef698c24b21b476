//! Calls to the providers: one way out, one way of waiting, one way of reading answers.

mod call;
mod pace;
pub(crate) mod paths;
mod session;
mod transport;

pub use call::PlannedRequest;
pub(crate) use call::{Access, Answer, Call, CallError, Refusal};
pub(crate) use pace::Pacer;
pub(crate) use session::{Host, Hosts, Session};
pub(crate) use transport::{Transport, form};
