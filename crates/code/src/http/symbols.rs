use actix_web::web;
use core_http::{Caller, Json, LimitClass, Operation, Problem, Query};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{Place, Repositories, codes, permissions};

/// Of which workspace, and which.
#[derive(Deserialize, IntoParams)]
struct SymbolsQuery {
    workspace_id: Uuid,
    #[param(example = "parse")]
    query: String,
    /// 1 to 1000, 100 where it is absent.
    limit: Option<usize>,
}

/// The symbols, the best first.
#[derive(Serialize, ToSchema)]
struct CodeSymbols {
    items: Vec<Place>,
    /// Always null: ask for more by `limit`.
    next_cursor: Option<String>,
    /// There are more.
    truncated: bool,
}

pub(super) fn operation() -> Operation {
    Operation::get("/symbols", handle)
        .id("list_code_symbols")
        .summary("Symbols of a workspace whose names fit")
        .requires(&permissions::READ)
        .limit(LimitClass::Expensive)
        .query::<SymbolsQuery>()
        .answers::<CodeSymbols>(200, "The symbols, the best first")
        .problems(&[&codes::INVALID, &codes::NO_WORKSPACES, &codes::BUSY])
}

async fn handle(
    caller: Caller,
    repositories: web::Data<dyn Repositories>,
    Query(query): Query<SymbolsQuery>,
) -> Result<Json<CodeSymbols>, Problem> {
    let found = repositories.symbols(&caller, query.workspace_id, &query.query, query.limit.unwrap_or(100)).await?;
    Ok(Json(CodeSymbols { items: found.places, next_cursor: None, truncated: found.truncated }))
}
