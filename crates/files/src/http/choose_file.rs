use actix_web::web;
use core_http::{Caller, Json, Operation, Path, Problem};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::views::path;
use crate::{Choices, Choosing, WorkspaceId, codes, permissions};

/// Which file may be meant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChooseFile {
    /// What somebody says about it.
    #[schema(example = "the login handler")]
    prompt: String,
    /// Only among these.
    #[serde(default)]
    files: Option<Vec<String>>,
    /// 1 to 50, 10 where it is absent.
    #[serde(default)]
    limit: Option<usize>,
}

pub(super) fn operation() -> Operation {
    Operation::post("/workspaces/{id}/choose", handle)
        .id("choose_file")
        .summary("The files that fit a description best")
        .describe("Answer with one of them and the token at `/files/choices/answer`.")
        .requires(&permissions::READ)
        .body::<ChooseFile>()
        .answers::<Choices>(200, "The best first, with reasons")
        .problems(&[&codes::NO_WORKSPACE, &codes::INVALID])
}

async fn handle(
    caller: Caller,
    choosing: web::Data<dyn Choosing>,
    Path(id): Path<Uuid>,
    Json(body): Json<ChooseFile>,
) -> Result<Json<Choices>, Problem> {
    let read = |(at, text): (usize, &String)| path(&format!("/files/{at}"), text);
    let files = body.files.as_ref().map(|files| files.iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()).transpose()?;
    let limit = body.limit.unwrap_or(10);
    Ok(Json(choosing.choose_file(&caller, WorkspaceId(id), &body.prompt, files, limit).await?))
}
