//! What goes wrong in the demonstration feature.

use core_kernel::{DomainError, ErrorKind, ProblemCode};

#[derive(Debug, thiserror::Error)]
#[error("the cellar is flooded: {0}")]
pub(crate) struct Flooded(#[source] pub(crate) std::io::Error);

pub(crate) const FLOODED: ProblemCode =
    ProblemCode { code: "notes.flooded", kind: ErrorKind::Internal, title: "The cellar is flooded", advice: "Wait." };
pub(crate) const TAKEN: ProblemCode =
    ProblemCode { code: "notes.taken", kind: ErrorKind::Conflict, title: "The title is taken", advice: "Take another." };

impl DomainError for Flooded {
    fn code(&self) -> &'static ProblemCode {
        &FLOODED
    }

    fn detail(&self) -> String {
        "The server could not finish the request.".to_owned()
    }
}
