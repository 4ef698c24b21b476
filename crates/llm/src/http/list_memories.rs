use actix_web::web;
use core_http::{Caller, Operation, PageQuery, PageResponse, Problem, Query};
use core_kernel::{Order, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{Fact, Memories, permissions};

/// Which facts.
#[derive(Deserialize, IntoParams)]
struct Filter {
    /// Words that the fact holds, in any order.
    query: Option<String>,
}

/// Something that is remembered of the caller.
#[derive(Serialize, ToSchema)]
#[schema(as = Memory)]
pub(super) struct FactView {
    id: Uuid,
    fact: String,
    /// The conversation that it comes from.
    conversation_id: Option<Uuid>,
    /// The message that it comes from; when that is deleted, the fact is forgotten.
    source_message_id: Option<Uuid>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Fact> for FactView {
    fn from(fact: Fact) -> Self {
        Self {
            id: fact.id.get(),
            fact: fact.fact,
            conversation_id: fact.conversation.map(crate::ConversationId::get),
            source_message_id: fact.source_message.map(crate::MessageId::get),
            created_at: fact.created_at,
            updated_at: fact.updated_at,
        }
    }
}

pub(super) fn operation() -> Operation {
    Operation::get("/memories", handle)
        .id("list_memories")
        .summary("What is remembered of the caller")
        .describe("Facts are their person's alone, also in an organisation.")
        .requires(&permissions::READ)
        .query::<Filter>()
        .paged(Order::Desc)
        .answers::<PageResponse<FactView>>(200, "A page of facts")
}

async fn handle(
    caller: Caller,
    memories: web::Data<dyn Memories>,
    Query(filter): Query<Filter>,
    page: PageQuery,
) -> Result<PageResponse<FactView>, Problem> {
    let found = memories.list(&caller, filter.query.as_deref(), *page).await?;
    Ok(page.answer(found).map(FactView::from))
}
