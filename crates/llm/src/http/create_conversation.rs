use actix_web::web;
use core_http::{Caller, Created, Json, Operation, Problem};
use core_kernel::Visibility;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::views::ConversationView;
use crate::{Conversations, DraftConversation, codes, permissions};

/// A new conversation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateConversation {
    /// When absent, the first message gives one.
    #[schema(max_length = 200)]
    #[serde(default)]
    title: Option<String>,
    /// Instructions for the model.
    #[serde(default)]
    system_prompt: Option<String>,
    /// The model of messages that name none.
    #[serde(default)]
    model: Option<String>,
    /// `private` (the default): its creator alone; `org`: everybody in the organisation.
    #[schema(value_type = String, example = "private")]
    #[serde(default)]
    visibility: Visibility,
    /// The owner's own notes: an object of at most 8 KiB.
    #[serde(default)]
    metadata: Option<Value>,
    /// The template whose text stands before the instructions; see GET /llm/templates.
    #[serde(default)]
    template: Option<String>,
    /// The newest when absent.
    #[serde(default)]
    template_version: Option<i64>,
    /// What the model is told about the person, by name of its source, such as `fitness`.
    #[serde(default)]
    context: Vec<String>,
    /// Tools of the server that the model may call, such as `fitness.log_set`.
    #[serde(default)]
    tools: Vec<String>,
    /// False: remembered facts are not told to the model.
    #[serde(default)]
    memory: Option<bool>,
}

pub(super) fn operation() -> Operation {
    Operation::post("/conversations", handle)
        .id("create_conversation")
        .summary("Begin a conversation")
        .requires(&permissions::CHAT)
        .body::<CreateConversation>()
        .answers::<ConversationView>(201, "The conversation")
        .problems(&[&codes::INVALID])
}

async fn handle(
    caller: Caller,
    conversations: web::Data<dyn Conversations>,
    Json(body): Json<CreateConversation>,
) -> Result<Created<ConversationView>, Problem> {
    let draft = DraftConversation {
        title: body.title,
        system_prompt: body.system_prompt,
        model: body.model,
        visibility: body.visibility,
        metadata: body.metadata,
        template: body.template,
        template_version: body.template_version,
        context: body.context,
        tools: body.tools,
        memory: body.memory,
    };
    let made = conversations.create(&caller, draft).await?;
    let (location, version) = (format!("/api/v1/llm/conversations/{}", made.id), made.version);
    Ok(Created::at(location, ConversationView::from(made)).version(version))
}
