use actix_web::web;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use core_http::{Caller, Json, Operation, Path, Problem, Query};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::views::directory;
use crate::{Documents, Entry, FilesError, Listing, RelPath, WorkspaceId, codes, permissions};

/// Which entries.
#[derive(Deserialize, IntoParams)]
struct EntriesQuery {
    /// The directory; absent: the top.
    #[param(example = "src")]
    path: Option<String>,
    /// True: those below too.
    recursive: Option<bool>,
    /// Only those whose path matches; without `/` it is about names.
    #[param(example = "*.rs")]
    glob: Option<String>,
    /// 1 to 10000, 1000 where it is absent.
    limit: Option<usize>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Entries in the order of their paths.
#[derive(Serialize, ToSchema)]
struct WorkspaceEntries {
    items: Vec<Entry>,
    /// Where the next page begins.
    next_cursor: Option<String>,
    /// The directory has more than the server looks at.
    truncated: bool,
}

pub(super) fn operation() -> Operation {
    Operation::get("/workspaces/{id}/entries", handle)
        .id("read_directory")
        .summary("What is in a directory")
        .requires(&permissions::READ)
        .query::<EntriesQuery>()
        .answers::<WorkspaceEntries>(200, "Its entries")
        .problems(&[&codes::NO_WORKSPACE, &codes::NOT_FOUND, &codes::NOT_A_FILE, &codes::ESCAPES, &codes::INVALID])
}

async fn handle(
    caller: Caller,
    documents: web::Data<dyn Documents>,
    Path(id): Path<Uuid>,
    Query(query): Query<EntriesQuery>,
) -> Result<Json<WorkspaceEntries>, Problem> {
    let limit = query.limit.unwrap_or(1000);
    if !(1..=10_000).contains(&limit) {
        return Err(FilesError::field("/limit", "out_of_range", "1 to 10000").into());
    }
    let after = query.cursor.as_deref().map(read_cursor).transpose()?;
    let path = directory("/path", query.path.as_deref())?;
    let listing = Listing { path, recursive: query.recursive.unwrap_or(false), glob: query.glob, after, limit };
    let found = documents.read_directory(&caller, WorkspaceId(id), listing).await?;
    let next_cursor = found.next.map(|path| URL_SAFE_NO_PAD.encode(path.as_str()));
    Ok(Json(WorkspaceEntries { items: found.items, next_cursor, truncated: found.truncated }))
}

/// A cursor is the path that the page before ended with: whoever changes it asks for another page of their own directory, and that is all.
fn read_cursor(text: &str) -> Result<RelPath, Problem> {
    let broken = || Problem::new(&core_http::codes::INVALID_CURSOR, "The cursor was not made by this operation.");
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_odd| broken())?;
    String::from_utf8(bytes).ok().and_then(|path| RelPath::parse(&path).ok()).ok_or_else(broken)
}
