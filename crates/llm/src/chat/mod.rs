//! What is said to a model and what comes back, in no provider's words.

mod message;
mod reply;
mod request;

pub(crate) use message::joined_text;
pub use message::{Message, Part, Role, ToolCall};
pub(crate) use reply::storable_json;
pub use reply::{Collector, Completion, Delta, Evidence, FinishReason, ModelEvent, Partial, Truncated, Usage};
pub use request::{ChatRequest, Parameter, ToolSpec};
