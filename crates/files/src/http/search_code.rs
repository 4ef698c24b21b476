use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use core_http::{Caller, Json, LimitClass, Operation, Path, Problem, Query};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::search_query::SearchRequest;
use crate::{FilesError, Hit, Search, SearchQuery, SearchRun, WorkspaceId, codes, permissions};

/// What was found.
#[derive(Serialize, ToSchema)]
struct SearchAnswer {
    /// In the order of path and line; of a truncated search some that came first.
    matches: Vec<Hit>,
    /// There may be more: the limit was reached, or the time was up.
    truncated: bool,
    /// Files that were searched.
    files: u64,
    /// Files that could not be read.
    unreadable: u64,
}

const NDJSON: &str = "application/x-ndjson";

pub(super) fn by_query() -> Operation {
    described(Operation::get("/workspaces/{id}/search", handle_query).id("search_code").query::<SearchRequest>())
}

pub(super) fn by_body() -> Operation {
    described(Operation::post("/workspaces/{id}/search", handle_body).id("search_code_by_body").body::<SearchRequest>())
}

fn described(operation: Operation) -> Operation {
    operation
        .summary("Search in files")
        .describe(
            "With `Accept: application/x-ndjson` each match is a line as soon as it is found; the last line is \
             `{\"end\":{\"truncated\":..,\"files\":..,\"unreadable\":..}}`, and a stream without it is not whole. The search ends when the client leaves.",
        )
        .requires(&permissions::READ)
        .limit(LimitClass::Expensive)
        .answers::<SearchAnswer>(200, "What was found")
        .answers_raw(200, NDJSON, "A match a line, then the end")
        .problems(&[&codes::NO_WORKSPACE, &codes::INVALID, &codes::NO_SECTIONS, &codes::BUSY])
}

async fn handle_query(
    request: HttpRequest,
    caller: Caller,
    search: web::Data<dyn Search>,
    Path(id): Path<Uuid>,
    Query(query): Query<SearchRequest>,
) -> Result<HttpResponse, Problem> {
    answer(&request, search.search_code(&caller, WorkspaceId(id), query.try_into()?).await?).await
}

async fn handle_body(
    request: HttpRequest,
    caller: Caller,
    search: web::Data<dyn Search>,
    Path(id): Path<Uuid>,
    Json(body): Json<SearchRequest>,
) -> Result<HttpResponse, Problem> {
    let query: SearchQuery = body.try_into()?;
    answer(&request, search.search_code(&caller, WorkspaceId(id), query).await?).await
}

async fn answer(request: &HttpRequest, run: SearchRun) -> Result<HttpResponse, Problem> {
    if wants_lines(request) {
        return Ok(HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, NDJSON))
            // Compression would hold the first matches back.
            .insert_header((header::CONTENT_ENCODING, "identity"))
            .streaming(lines(run)));
    }
    let (matches, summary) = run.collect().await?;
    let (truncated, files, unreadable) = (summary.truncated, summary.files, summary.unreadable);
    Ok(HttpResponse::Ok().json(SearchAnswer { matches, truncated, files, unreadable }))
}

fn wants_lines(request: &HttpRequest) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.split(',').any(|part| part.split(';').next().unwrap_or_default().trim() == NDJSON)
}

fn lines(run: SearchRun) -> impl futures_util::Stream<Item = Result<Bytes, FilesError>> {
    futures_util::stream::try_unfold(Some(run), |run| async move {
        let Some(mut run) = run else { return Ok(None) };
        if let Some(hits) = run.next().await {
            let mut text = Vec::new();
            for hit in &hits {
                serde_json::to_writer(&mut text, hit).map_err(|_unwritable| FilesError::Lost)?;
                text.push(b'\n');
            }
            return Ok(Some((Bytes::from(text), Some(run))));
        }
        let summary = run.summary().await?;
        Ok(Some((Bytes::from(format!("{}\n", json!({ "end": summary }))), None)))
    })
}
