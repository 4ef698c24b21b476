use actix_web::web;
use core_http::{Caller, Etagged, IfMatch, Json, Operation, Patch, Path, Problem};
use core_kernel::Visibility;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::views::ConversationView;
use crate::{Changes, ConversationId, Conversations, MessageId, codes, permissions};

/// Changes of a conversation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UpdateConversation {
    #[serde(default)]
    title: Patch<String>,
    #[serde(default)]
    system_prompt: Patch<String>,
    #[serde(default)]
    model: Patch<String>,
    /// `private` or `org`; its creator alone may change it.
    #[schema(value_type = Option<String>, example = "private")]
    #[serde(default)]
    visibility: Option<Visibility>,
    #[serde(default)]
    metadata: Patch<Value>,
    #[serde(default)]
    archived: Option<bool>,
    #[serde(default)]
    pinned: Option<bool>,
    /// Makes the branch that ends with this message the active one.
    #[serde(default)]
    active_leaf_id: Option<Uuid>,
    #[serde(default)]
    template: Patch<String>,
    #[serde(default)]
    template_version: Patch<i64>,
    #[serde(default)]
    context: Option<Vec<String>>,
    #[serde(default)]
    tools: Option<Vec<String>>,
    #[serde(default)]
    memory: Option<bool>,
}

pub(super) fn operation() -> Operation {
    Operation::patch("/conversations/{id}", handle)
        .id("update_conversation")
        .summary("Change a conversation")
        .requires(&permissions::CHAT)
        .body::<UpdateConversation>()
        .answers::<ConversationView>(200, "The conversation")
        .problems(&[&codes::CONVERSATION_NOT_FOUND, &codes::CONVERSATION_CHANGED, &codes::NOT_CREATOR, &codes::INVALID])
}

async fn handle(
    caller: Caller,
    conversations: web::Data<dyn Conversations>,
    id: Path<Uuid>,
    if_match: IfMatch,
    Json(body): Json<UpdateConversation>,
) -> Result<Etagged<ConversationView>, Problem> {
    let id = ConversationId(id.into_inner());
    let found = conversations.update(&caller, id, body.into(), if_match.version()).await?;
    Ok(Etagged::new(found.version, ConversationView::from(found)))
}

impl From<UpdateConversation> for Changes {
    fn from(body: UpdateConversation) -> Self {
        Self {
            title: body.title.change(),
            system_prompt: body.system_prompt.change(),
            model: body.model.change(),
            visibility: body.visibility,
            metadata: body.metadata.change(),
            archived: body.archived,
            pinned: body.pinned,
            active_leaf: body.active_leaf_id.map(MessageId),
            template: body.template.change(),
            template_version: body.template_version.change(),
            context: body.context,
            tools: body.tools,
            memory: body.memory,
        }
    }
}
