use actix_web::{HttpResponse, web};
use core_http::{Caller, Operation, Path, Problem};
use uuid::Uuid;

use crate::{ConversationId, MessageId, Messages, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::delete("/conversations/{id}/messages/{message_id}", handle)
        .id("delete_message")
        .summary("Delete a message with everything below it")
        .describe("The active branch then ends above it. Its writer and the conversation's creator may do it.")
        .requires(&permissions::CHAT)
        .no_content()
        .problems(&[&codes::CONVERSATION_NOT_FOUND, &codes::MESSAGE_NOT_FOUND, &codes::NOT_CREATOR])
}

async fn handle(caller: Caller, messages: web::Data<dyn Messages>, ids: Path<(Uuid, Uuid)>) -> Result<HttpResponse, Problem> {
    let (conversation, message) = ids.into_inner();
    messages.delete(&caller, ConversationId(conversation), MessageId(message)).await?;
    Ok(HttpResponse::NoContent().finish())
}
