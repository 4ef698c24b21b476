use actix_web::web;
use core_http::{Caller, Json, LimitClass, Operation, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{ManifestEntry, Repositories, codes, permissions};

/// Of which workspace, and how large.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MapRequest {
    workspace_id: Uuid,
    /// 0 to 1000000; the map never has more.
    #[schema(example = 2000)]
    token_budget: usize,
    /// Paths, directories or names of symbols that the map is wanted for.
    #[serde(default)]
    focus: Option<Vec<String>>,
}

/// What is most used of a workspace.
#[derive(Serialize, ToSchema)]
struct CodeMap {
    map: String,
    /// At most `token_budget`.
    tokens: usize,
    /// What became of each file.
    manifest: Vec<ManifestEntry>,
    /// Not all files were read.
    truncated: bool,
}

pub(super) fn operation() -> Operation {
    Operation::post("/map", handle)
        .id("map_code")
        .summary("The map of a workspace within a budget of tokens")
        .requires(&permissions::READ)
        .limit(LimitClass::Expensive)
        .body::<MapRequest>()
        .answers::<CodeMap>(200, "The map")
        .problems(&[&codes::INVALID, &codes::NO_WORKSPACES, &codes::BUSY])
}

async fn handle(
    caller: Caller,
    repositories: web::Data<dyn Repositories>,
    Json(body): Json<MapRequest>,
) -> Result<Json<CodeMap>, Problem> {
    let mapped = repositories.map(&caller, body.workspace_id, body.token_budget, body.focus.unwrap_or_default()).await?;
    let (map, tokens, manifest, truncated) = (mapped.map, mapped.tokens, mapped.manifest, mapped.truncated);
    Ok(Json(CodeMap { map, tokens, manifest, truncated }))
}
