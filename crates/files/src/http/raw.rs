use actix_web::body::SizedStream;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use core_http::{Caller, Operation, Path, Problem, Query};
use futures_util::TryStreamExt as _;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::etags::{is_known, tag};
use super::views::path;
use crate::{Documents, WorkspaceId, codes, permissions};

/// Which file.
#[derive(Deserialize, IntoParams)]
struct RawQuery {
    #[param(example = "logo.png")]
    path: String,
}

pub(super) fn operation() -> Operation {
    Operation::get("/workspaces/{id}/raw", handle)
        .id("read_raw_file")
        .summary("The bytes of a file")
        .requires(&permissions::READ)
        .query::<RawQuery>()
        .answers_raw(200, "application/octet-stream", "The bytes")
        .answers_empty(304, "The client has them already")
        .problems(&[&codes::NO_WORKSPACE, &codes::NOT_FOUND, &codes::NOT_A_FILE, &codes::ESCAPES, &codes::INVALID])
}

async fn handle(
    request: HttpRequest,
    caller: Caller,
    documents: web::Data<dyn Documents>,
    Path(id): Path<Uuid>,
    Query(query): Query<RawQuery>,
) -> Result<HttpResponse, Problem> {
    let opened = documents.open(&caller, WorkspaceId(id), path("/path", &query.path)?).await?;
    let sha256 = opened.sha256.clone();
    if is_known(&request, sha256.as_deref()) {
        let mut response = HttpResponse::NotModified().finish();
        tag(&mut response, sha256.as_deref());
        return Ok(response);
    }
    let chunks = opened.chunks.map_err(actix_web::error::ErrorInternalServerError);
    // Never shown by a browser as a page of this site, whatever is in it.
    let mut response = HttpResponse::Ok()
        .content_type("application/octet-stream")
        .insert_header((header::CONTENT_DISPOSITION, "attachment"))
        .body(SizedStream::new(opened.size, chunks));
    tag(&mut response, sha256.as_deref());
    Ok(response)
}
