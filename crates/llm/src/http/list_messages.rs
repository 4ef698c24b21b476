use actix_web::web;
use core_http::{Caller, Operation, PageQuery, PageResponse, Path, Problem, Query};
use core_kernel::Order;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::views::MessageView;
use crate::{ConversationId, Messages, codes, permissions};

/// Which messages.
#[derive(Deserialize, IntoParams)]
struct Filter {
    /// `active` (the default): the active branch; `all`: the whole tree.
    #[serde(default)]
    #[param(inline)]
    branch: Choice,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Choice {
    #[default]
    Active,
    All,
}

pub(super) fn operation() -> Operation {
    Operation::get("/conversations/{id}/messages", handle)
        .id("list_messages")
        .summary("Messages of a conversation")
        .requires(&permissions::READ)
        .query::<Filter>()
        .paged(Order::Asc)
        .answers::<PageResponse<MessageView>>(200, "A page of messages")
        .problems(&[&codes::CONVERSATION_NOT_FOUND])
}

async fn handle(
    caller: Caller,
    messages: web::Data<dyn Messages>,
    id: Path<Uuid>,
    Query(filter): Query<Filter>,
    page: PageQuery,
) -> Result<PageResponse<MessageView>, Problem> {
    let whole_tree = filter.branch == Choice::All;
    let found = messages.list(&caller, ConversationId(id.into_inner()), whole_tree, *page).await?;
    Ok(page.answer(found).map(MessageView::from))
}
