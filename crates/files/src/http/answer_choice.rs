use actix_web::web;
use core_http::{Caller, Json, Operation, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::views::path;
use crate::{Choosing, RelPath, codes, permissions};

/// The answer to choices.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AnswerChoice {
    /// As it came with the choices.
    token: String,
    /// One of them.
    #[schema(example = "src/main.rs")]
    path: String,
}

/// The file that was chosen.
#[derive(Serialize, ToSchema)]
struct ChosenFile {
    workspace_id: Uuid,
    #[schema(value_type = String, example = "src/main.rs")]
    path: RelPath,
    /// Of what it holds now; null where it is too large.
    sha256: Option<String>,
}

pub(super) fn operation() -> Operation {
    Operation::post("/choices/answer", handle)
        .id("answer_choice")
        .summary("Take one of the choices")
        .requires(&permissions::READ)
        .body::<AnswerChoice>()
        .answers::<ChosenFile>(200, "The file as it is now")
        .problems(&[&codes::CHOICE_INVALID, &codes::NO_WORKSPACE, &codes::NOT_FOUND, &codes::INVALID])
}

async fn handle(
    caller: Caller,
    choosing: web::Data<dyn Choosing>,
    Json(body): Json<AnswerChoice>,
) -> Result<Json<ChosenFile>, Problem> {
    let (id, path, sha256) = choosing.answer(&caller, &body.token, path("/path", &body.path)?).await?;
    Ok(Json(ChosenFile { workspace_id: id.get(), path, sha256 }))
}
