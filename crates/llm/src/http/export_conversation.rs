use actix_web::web;
use core_http::{Caller, Json, Operation, Path, Problem};
use uuid::Uuid;

use crate::{ConversationArchive, ConversationId, Conversations, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/conversations/{id}/export", handle)
        .id("export_conversation")
        .summary("A conversation as a document, with all its branches")
        .requires(&permissions::READ)
        .answers::<ConversationArchive>(200, "The document, as `import` takes it")
        .problems(&[&codes::CONVERSATION_NOT_FOUND])
}

async fn handle(
    caller: Caller,
    conversations: web::Data<dyn Conversations>,
    id: Path<Uuid>,
) -> Result<Json<ConversationArchive>, Problem> {
    Ok(Json(conversations.export(&caller, ConversationId(id.into_inner())).await?))
}
