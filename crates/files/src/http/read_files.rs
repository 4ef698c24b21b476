use actix_web::web;
use core_http::{Caller, Json, Operation, Path, Problem};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::views::path;
use crate::{Content, Documents, WorkspaceId, codes, permissions};

/// Several files.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReadFiles {
    /// 1 to 50 paths.
    #[schema(example = json!(["src/main.rs", "Cargo.toml"]))]
    paths: Vec<String>,
}

/// What came of each path, in their order.
#[derive(Serialize, ToSchema)]
struct ReadFilesAnswer {
    results: Vec<FileResult>,
}

/// A file, or why it can't be had.
#[derive(Serialize, ToSchema)]
struct FileResult {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<Content>,
    /// A problem document.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    problem: Option<Value>,
}

pub(super) fn operation() -> Operation {
    Operation::post("/workspaces/{id}/content/batch", handle)
        .id("read_files")
        .summary("Text of several files; each is there or has its own problem")
        .requires(&permissions::READ)
        .body::<ReadFiles>()
        .answers::<ReadFilesAnswer>(200, "What came of each")
        .problems(&[&codes::NO_WORKSPACE, &codes::INVALID])
}

async fn handle(
    caller: Caller,
    documents: web::Data<dyn Documents>,
    Path(id): Path<Uuid>,
    Json(body): Json<ReadFiles>,
) -> Result<Json<ReadFilesAnswer>, Problem> {
    let names = body.paths.iter().enumerate();
    let paths = names.map(|(at, text)| path(&format!("/paths/{at}"), text)).collect::<Result<Vec<_>, _>>()?;
    let found = documents.read_files(&caller, WorkspaceId(id), paths).await?;
    let results = body.paths.into_iter().zip(found).map(|(path, found)| match found {
        Ok(content) => FileResult { path, content: Some(content), problem: None },
        Err(error) => FileResult { path, content: None, problem: Some(Problem::from(error).to_value()) },
    });
    Ok(Json(ReadFilesAnswer { results: results.collect() }))
}
