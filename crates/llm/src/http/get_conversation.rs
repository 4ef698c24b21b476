use actix_web::web;
use core_http::{Caller, Etagged, Operation, Path, Problem};
use uuid::Uuid;

use super::views::ConversationView;
use crate::{ConversationId, Conversations, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/conversations/{id}", handle)
        .id("get_conversation")
        .summary("A conversation")
        .requires(&permissions::READ)
        .answers::<ConversationView>(200, "The conversation")
        .problems(&[&codes::CONVERSATION_NOT_FOUND])
}

async fn handle(
    caller: Caller,
    conversations: web::Data<dyn Conversations>,
    id: Path<Uuid>,
) -> Result<Etagged<ConversationView>, Problem> {
    let found = conversations.get(&caller, ConversationId(id.into_inner())).await?;
    Ok(Etagged::new(found.version, ConversationView::from(found)))
}
