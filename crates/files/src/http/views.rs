use core_kernel::{Timestamp, Visibility};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{FilesError, Kind, RelPath, Workspace};

/// A workspace.
#[derive(Serialize, ToSchema)]
#[schema(as = Workspace)]
pub(super) struct WorkspaceView {
    id: Uuid,
    #[schema(example = "My project")]
    name: String,
    /// `stored`: kept by the server; `root`: a directory that the operator allowed.
    kind: Kind,
    /// The operator's name of the directory.
    root: Option<String>,
    /// `private`: its creator alone; `org`: everybody in the organisation.
    #[schema(value_type = String, example = "private")]
    visibility: Visibility,
    /// Files of a stored workspace.
    files: i64,
    /// Their bytes.
    bytes: i64,
    created_by: Uuid,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Workspace> for WorkspaceView {
    fn from(row: Workspace) -> Self {
        Self {
            id: row.id.get(),
            name: row.name,
            kind: row.kind,
            root: row.root,
            visibility: row.visibility,
            files: row.files,
            bytes: row.bytes,
            created_by: row.created_by.get(),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// A path of the request, or 422 that points at it.
pub(super) fn path(pointer: &str, text: &str) -> Result<RelPath, FilesError> {
    RelPath::parse(text).map_err(|fault| FilesError::Path { pointer: pointer.to_owned(), fault })
}

/// A directory of the request: with or without a separator at its end; nothing and `.` are the top.
pub(super) fn directory(pointer: &str, text: Option<&str>) -> Result<Option<RelPath>, FilesError> {
    match text.map(|text| text.strip_suffix('/').unwrap_or(text)) {
        None | Some("" | ".") => Ok(None),
        Some(text) => path(pointer, text).map(Some),
    }
}
