use actix_web::web;
use core_http::{Caller, Json, LimitClass, Operation, Problem, Query};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{Place, Repositories, codes, permissions};

/// Of which workspace, and which.
#[derive(Deserialize, IntoParams)]
struct ReferencesQuery {
    workspace_id: Uuid,
    #[param(example = "parse")]
    symbol: String,
    /// 1 to 1000, 100 where it is absent.
    limit: Option<usize>,
}

/// The places, definitions first.
#[derive(Serialize, ToSchema)]
struct CodeReferences {
    items: Vec<Place>,
    /// Always null: ask for more by `limit`.
    next_cursor: Option<String>,
    /// There are more.
    truncated: bool,
}

pub(super) fn operation() -> Operation {
    Operation::get("/references", handle)
        .id("list_code_references")
        .summary("Where a name is defined and used")
        .requires(&permissions::READ)
        .limit(LimitClass::Expensive)
        .query::<ReferencesQuery>()
        .answers::<CodeReferences>(200, "The places, definitions first")
        .problems(&[&codes::INVALID, &codes::NO_WORKSPACES, &codes::BUSY])
}

async fn handle(
    caller: Caller,
    repositories: web::Data<dyn Repositories>,
    Query(query): Query<ReferencesQuery>,
) -> Result<Json<CodeReferences>, Problem> {
    let found = repositories.references(&caller, query.workspace_id, &query.symbol, query.limit.unwrap_or(100)).await?;
    Ok(Json(CodeReferences { items: found.places, next_cursor: None, truncated: found.truncated }))
}
