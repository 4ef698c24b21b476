use actix_web::web;
use core_http::{Caller, Created, Json, Operation, Problem};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::list_memories::FactView;
use crate::{DraftFact, Memories, MessageId, codes, permissions};

/// Something to be remembered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateMemory {
    /// 1 to 1000 characters.
    #[schema(example = "Trains on Mondays and Thursdays.")]
    fact: String,
    /// The message that it comes from.
    #[serde(default)]
    source_message_id: Option<Uuid>,
}

pub(super) fn operation() -> Operation {
    Operation::post("/memories", handle)
        .id("create_memory")
        .summary("Remember a fact about the caller")
        .describe("A message that begins with \"remember that\" does the same. Conversations with `memory: false` are told none.")
        .requires(&permissions::CHAT)
        .body::<CreateMemory>()
        .answers::<FactView>(201, "The fact")
        .problems(&[&codes::INVALID, &codes::TOO_MANY])
}

async fn handle(
    caller: Caller,
    memories: web::Data<dyn Memories>,
    Json(body): Json<CreateMemory>,
) -> Result<Created<FactView>, Problem> {
    let draft = DraftFact { fact: body.fact, source_message: body.source_message_id.map(MessageId) };
    let made = memories.create(&caller, draft).await?;
    let (location, version) = (format!("/api/v1/llm/memories/{}", made.id), made.version);
    Ok(Created::at(location, FactView::from(made)).version(version))
}
