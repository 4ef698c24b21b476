//! Prompts about code: what an instruction asks for, which language a text is in, and its outline where no model is there to read it.

mod instruction;
mod language;
mod outline;

pub use instruction::{Task, Translated, translate};
pub use language::guess_language;
pub use outline::outline;
