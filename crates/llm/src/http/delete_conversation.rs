use actix_web::{HttpResponse, web};
use core_http::{Caller, IfMatch, Operation, Path, Problem};
use uuid::Uuid;

use crate::{ConversationId, Conversations, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::delete("/conversations/{id}", handle)
        .id("delete_conversation")
        .summary("Delete a conversation with its messages")
        .describe("Its creator alone may do it. What is being written there is stopped.")
        .requires(&permissions::CHAT)
        .no_content()
        .problems(&[&codes::CONVERSATION_NOT_FOUND, &codes::CONVERSATION_CHANGED, &codes::NOT_CREATOR])
}

async fn handle(
    caller: Caller,
    conversations: web::Data<dyn Conversations>,
    id: Path<Uuid>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    conversations.delete(&caller, ConversationId(id.into_inner()), if_match.version()).await?;
    Ok(HttpResponse::NoContent().finish())
}
