use std::time::Duration;

use actix_web::web;
use core_http::{Caller, Created, Json, LimitClass, Operation, Problem};

use super::views::ConversationView;
use crate::{ConversationArchive, Conversations, codes, permissions};

/// How long ten thousand messages may take.
const PATIENCE: Duration = Duration::from_mins(2);

pub(super) fn operation() -> Operation {
    Operation::post("/conversations/import", handle)
        .id("import_conversation")
        .summary("Make a conversation of a document")
        .describe("Messages get fresh ids and belong to the caller. At most 10000 messages.")
        .requires(&permissions::CHAT)
        .limit(LimitClass::Expensive)
        .timeout(PATIENCE)
        .body::<ConversationArchive>()
        .answers::<ConversationView>(201, "The conversation")
        .problems(&[&codes::INVALID])
}

async fn handle(
    caller: Caller,
    conversations: web::Data<dyn Conversations>,
    Json(body): Json<ConversationArchive>,
) -> Result<Created<ConversationView>, Problem> {
    let made = conversations.import(&caller, body).await?;
    let (location, version) = (format!("/api/v1/llm/conversations/{}", made.id), made.version);
    Ok(Created::at(location, ConversationView::from(made)).version(version))
}
