use actix_web::{HttpRequest, HttpResponse, web};
use core_http::{Caller, Operation, Path, Problem, Query};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::etags::{is_known, tag};
use super::views::path;
use crate::{Content, Documents, FilesError, Part, WorkspaceId, codes, permissions};

/// Which part of which file. Of `lines`, `bytes`, `head` and `tail` one may be given.
#[derive(Deserialize, IntoParams)]
pub(super) struct ContentQuery {
    #[param(example = "src/main.rs")]
    path: String,
    /// From the one line to the other, from 1, both included.
    #[param(example = "10-40")]
    lines: Option<String>,
    /// From the one byte to the other, from 0, both included.
    #[param(example = "0-1023")]
    bytes: Option<String>,
    /// So many lines at the beginning.
    head: Option<u64>,
    /// So many lines at the end.
    tail: Option<u64>,
}

pub(super) fn operation() -> Operation {
    Operation::get("/workspaces/{id}/content", handle)
        .id("read_file")
        .summary("Text of a file")
        .describe("The `ETag` is of the whole file. `truncated`: ask for the rest by lines or bytes.")
        .requires(&permissions::READ)
        .query::<ContentQuery>()
        .answers::<Content>(200, "The text")
        .answers_empty(304, "The client has it already")
        .problems(&[
            &codes::NO_WORKSPACE,
            &codes::NOT_FOUND,
            &codes::BINARY,
            &codes::NOT_A_FILE,
            &codes::ESCAPES,
            &codes::TOO_LARGE,
            &codes::INVALID,
        ])
}

async fn handle(
    request: HttpRequest,
    caller: Caller,
    documents: web::Data<dyn Documents>,
    Path(id): Path<Uuid>,
    Query(query): Query<ContentQuery>,
) -> Result<HttpResponse, Problem> {
    let part = query.part()?;
    let content = documents.read_file(&caller, WorkspaceId(id), path("/path", &query.path)?, part).await?;
    let known = part == Part::Whole && is_known(&request, content.sha256.as_deref());
    let mut response = if known { HttpResponse::NotModified().finish() } else { HttpResponse::Ok().json(&content) };
    tag(&mut response, content.sha256.as_deref());
    Ok(response)
}

impl ContentQuery {
    fn part(&self) -> Result<Part, FilesError> {
        let one_of = || FilesError::field("/lines", "one_of", "only one of `lines`, `bytes`, `head` and `tail`");
        let count = |pointer: &'static str, lines: u64| {
            if lines == 0 { Err(FilesError::field(pointer, "out_of_range", "at least 1")) } else { Ok(lines) }
        };
        match (&self.lines, &self.bytes, self.head, self.tail) {
            (None, None, None, None) => Ok(Part::Whole),
            (Some(lines), None, None, None) => range("/lines", lines, 1).map(|(from, to)| Part::Lines(from, to)),
            (None, Some(bytes), None, None) => range("/bytes", bytes, 0).map(|(from, to)| Part::Bytes(from, to)),
            (None, None, Some(lines), None) => count("/head", lines).map(Part::Head),
            (None, None, None, Some(lines)) => count("/tail", lines).map(Part::Tail),
            _ => Err(one_of()),
        }
    }
}

/// `10-40`, `10-` or `10`.
fn range(pointer: &str, text: &str, least: u64) -> Result<(u64, u64), FilesError> {
    let broken = || FilesError::field(pointer, "invalid_range", "such as `10-40`, `10-` or `10`");
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    let from: u64 = from.trim().parse().map_err(|_odd| broken())?;
    let to = if to.trim().is_empty() { Ok(u64::MAX) } else { to.trim().parse() }.map_err(|_odd| broken())?;
    if from < least || to < from { Err(broken()) } else { Ok((from, to)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_and_backward_ones_refused() {
        let read = |text| range("/lines", text, 1).ok();
        assert_eq!((read("10-40"), read("7"), read("5-")), (Some((10, 40)), Some((7, 7)), Some((5, u64::MAX))));
        for wrong in ["", "-", "0-3", "4-3", "a-b", "1-2-3", "-5", "99999999999999999999999"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
