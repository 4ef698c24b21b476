use actix_web::web;
use core_http::{Caller, Operation, PageQuery, PageResponse, Problem, Query};
use core_kernel::Order;
use serde::Deserialize;
use utoipa::IntoParams;

use super::views::ConversationView;
use crate::{ConversationFilter, Conversations, permissions};

/// Which conversations.
#[derive(Deserialize, IntoParams)]
struct Filter {
    /// Words of the title, or of one message, in any order.
    query: Option<String>,
    /// Only those put away, or only the others.
    archived: Option<bool>,
}

pub(super) fn operation() -> Operation {
    Operation::get("/conversations", handle)
        .id("list_conversations")
        .summary("Conversations")
        .requires(&permissions::READ)
        .query::<Filter>()
        .paged(Order::Desc)
        .answers::<PageResponse<ConversationView>>(200, "A page of conversations")
}

async fn handle(
    caller: Caller,
    conversations: web::Data<dyn Conversations>,
    Query(filter): Query<Filter>,
    page: PageQuery,
) -> Result<PageResponse<ConversationView>, Problem> {
    let filter = ConversationFilter { query: filter.query, archived: filter.archived };
    let found = conversations.list(&caller, filter, *page).await?;
    Ok(page.answer(found).map(ConversationView::from))
}
