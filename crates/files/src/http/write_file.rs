use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};
use bytes::Bytes;
use core_http::{Caller, CreateOnly, Json, Operation, Path, Problem, Query};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::etags::{Precondition, tag};
use super::views::path;
use crate::{Documents, Expected, FilesError, WorkspaceId, Written, codes, permissions};

/// Which file.
#[derive(Deserialize, IntoParams)]
struct WriteQuery {
    // Asked for by the handler, so that a body that can't be read is told first.
    #[param(value_type = String, required = true, example = "src/lib.rs")]
    path: Option<String>,
}

/// What a file is to hold.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WriteFile {
    /// The whole text; it is stored as UTF-8.
    #[schema(example = "fn main() {}\n")]
    text: String,
}

fn missing() -> FilesError {
    FilesError::field("/path", "missing_field", "This field is needed.")
}

/// JSON writes some characters as six.
const MAX_BODY: usize = 20 << 20;

pub(super) fn operation() -> Operation {
    Operation::put("/workspaces/{id}/content", handle)
        .id("create_file")
        .summary("Write a file as a whole")
        .describe("Without `If-Match` nothing may be there yet. With `If-Match` and the file's `ETag` it is replaced.")
        .requires(&permissions::WRITE)
        .query::<WriteQuery>()
        .header("If-Match", "The ETag of the content that is replaced; `*`: whatever it is.")
        .body::<WriteFile>()
        .max_body_bytes(MAX_BODY)
        .answers::<Written>(201, "The file is new")
        .answers::<Written>(200, "The file was replaced")
        .problems(&[
            &codes::NO_WORKSPACE,
            &codes::EXISTS,
            &codes::CHANGED,
            &codes::READ_ONLY,
            &codes::TOO_LARGE,
            &codes::WORKSPACE_FULL,
            &codes::INVALID,
        ])
}

async fn handle(
    caller: Caller,
    documents: web::Data<dyn Documents>,
    id: Path<Uuid>,
    query: Query<WriteQuery>,
    (precondition, CreateOnly(only_new)): (Precondition, CreateOnly),
    Json(body): Json<WriteFile>,
) -> Result<HttpResponse, Problem> {
    let expected = precondition.0.filter(|_| !only_new).unwrap_or(Expected::Nothing);
    let (id, path) = (WorkspaceId(id.into_inner()), path("/path", query.path.as_deref().ok_or_else(missing)?)?);
    let written = documents.create_file(&caller, id, path, Bytes::from(body.text), expected).await?;
    let status = if written.created { StatusCode::CREATED } else { StatusCode::OK };
    let mut builder = HttpResponse::build(status);
    if written.created {
        let query = serde_urlencoded::to_string([("path", written.path.as_str())]).unwrap_or_default();
        builder.insert_header((header::LOCATION, format!("/api/v1/files/workspaces/{id}/content?{query}")));
    }
    let mut response = builder.json(&written);
    tag(&mut response, Some(&written.sha256));
    Ok(response)
}
