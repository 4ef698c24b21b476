//! Every query of this feature. Takes and gives model types.

pub(crate) mod attempts;
pub(crate) mod branches;
pub(crate) mod conversations;
pub(crate) mod decisions;
pub(crate) mod facts;
mod generation_words;
pub(crate) mod generations;
pub(crate) mod messages;
mod more_rows;
pub(crate) mod policies;
pub(crate) mod privacy;
mod rows;
pub(crate) mod spending;
pub(crate) mod summaries;
pub(crate) mod templates;
pub(crate) mod usage;

use core_db::{DbError, FullText};

/// The words of messages.
pub(crate) const MESSAGE_TEXT: FullText = FullText { table: "messages_text" };
/// The words of remembered facts.
pub(crate) const MEMORY_TEXT: FullText = FullText { table: "memory_facts_text" };

/// A stored value that this program could not have written.
pub(crate) fn corrupt(what: &str) -> DbError {
    DbError::Corrupt(what.to_owned())
}
