use actix_web::web;
use core_http::{Caller, Json, LimitClass, Operation, Path, Problem};
use core_kernel::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{ConversationId, Conversations, SummaryKind, codes, permissions};

/// The summary of the earlier turns.
#[derive(Serialize, ToSchema)]
struct ConversationSummary {
    summary: String,
    kind: SummaryKind,
    /// `offline`: no model was asked, or none answered.
    provider: String,
    /// The last turn that it stands for.
    message_id: Uuid,
    created_at: Timestamp,
}

pub(super) fn operation() -> Operation {
    Operation::post("/conversations/{id}/summarize", handle)
        .id("summarize_conversation")
        .summary("Summarise the earlier turns of a conversation")
        .describe(
            "From now on the summary stands for them in what a model is sent; the newest turns stay as they are. A later summary goes on \
             from this one. It belongs to its branch: turns that replace earlier ones are not touched by it.",
        )
        .requires(&permissions::CHAT)
        .limit(LimitClass::Expensive)
        .answers::<ConversationSummary>(200, "The summary")
        .problems(&[&codes::CONVERSATION_NOT_FOUND, &codes::NOTHING_TO_SUMMARIZE])
}

async fn handle(
    caller: Caller,
    conversations: web::Data<dyn Conversations>,
    id: Path<Uuid>,
) -> Result<Json<ConversationSummary>, Problem> {
    let found = conversations.summarize(&caller, ConversationId(id.into_inner())).await?;
    Ok(Json(ConversationSummary {
        summary: found.text,
        kind: found.kind,
        provider: found.provider,
        message_id: found.message.get(),
        created_at: found.created_at,
    }))
}
