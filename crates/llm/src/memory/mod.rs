//! What a model is told besides the turns: facts about the person, what other features know, the summary of what came before; and how all of it
//! is put together.

mod assemble;
mod attachments;
mod facts;
mod preface;
pub(crate) mod recall;
pub(crate) mod rolling;
mod summaries;

pub(crate) use assemble::assemble;
pub(crate) use attachments::load as load_attachments;
pub(crate) use facts::{FactService, wish_to_remember};
pub(crate) use preface::{Preface, Prefaces, check_sources, check_template};
pub(crate) use summaries::{SummaryService, pieces};
