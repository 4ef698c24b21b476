use actix_web::web;
use core_http::{Caller, Etagged, IfMatch, Json, Operation, Path, Problem};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::list_memories::FactView;
use crate::{FactId, Memories, codes, permissions};

/// A change of a fact.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UpdateMemory {
    /// 1 to 1000 characters.
    fact: String,
}

pub(super) fn operation() -> Operation {
    Operation::patch("/memories/{id}", handle)
        .id("update_memory")
        .summary("Correct a remembered fact")
        .requires(&permissions::CHAT)
        .body::<UpdateMemory>()
        .answers::<FactView>(200, "The fact")
        .problems(&[&codes::MEMORY_NOT_FOUND, &codes::MEMORY_CHANGED, &codes::INVALID])
}

async fn handle(
    caller: Caller,
    memories: web::Data<dyn Memories>,
    id: Path<Uuid>,
    if_match: IfMatch,
    Json(body): Json<UpdateMemory>,
) -> Result<Etagged<FactView>, Problem> {
    let found = memories.update(&caller, FactId(id.into_inner()), &body.fact, if_match.version()).await?;
    Ok(Etagged::new(found.version, FactView::from(found)))
}
