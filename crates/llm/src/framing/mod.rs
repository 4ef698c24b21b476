//! Bytes to events: server-sent events (WHATWG HTML, "Parsing an event stream") and newline-delimited JSON. Bytes become lines
//! first and text second, so that a character split between two chunks is whole again.

mod frames;
mod lines;
mod ndjson;
mod sse;

pub use frames::{Frames, Framing};
pub use lines::Overlong;
pub use ndjson::NdjsonDecoder;
pub use sse::{Leftover, SseDecoder, SseEvent};
