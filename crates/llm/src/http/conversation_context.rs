use actix_web::web;
use core_http::{Caller, Json, Operation, Path, Problem, Query};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::chat::Role;
use crate::{ContextPart, ContextView, ConversationId, LeftOut, Messages, codes, permissions};

/// For which model.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct ModelQuery {
    /// The conversation's when absent.
    model: Option<String>,
}

/// What would be sent now.
#[derive(Serialize, ToSchema)]
struct ConversationContext {
    /// `provider/model`; empty: none is configured.
    model: String,
    /// The most tokens of input and output together.
    window: u64,
    /// How many of them are kept free for the answer.
    kept_for_answer: u64,
    /// About how many tokens are sent.
    tokens: u64,
    /// What is sent, in its order.
    parts: Vec<PartView>,
    /// What is not.
    left_out: Vec<LeftOutView>,
}

/// A part of what is sent.
#[derive(Serialize, ToSchema)]
#[schema(as = ContextPart)]
struct PartView {
    /// `rules`, `template`, `system_prompt`, `context`, `facts`, `summary` or `message`.
    kind: String,
    /// Which template, source or message.
    name: Option<String>,
    /// In whose turn it stands.
    role: Role,
    text: String,
    /// About how many.
    tokens: u64,
    /// Why it is there.
    why: String,
}

/// Something that is not sent.
#[derive(Serialize, ToSchema)]
#[schema(as = ContextLeftOut)]
struct LeftOutView {
    /// `message`, `fact` or `context`.
    kind: String,
    name: String,
    /// Why not.
    why: String,
}

pub(super) fn operation() -> Operation {
    Operation::get("/conversations/{id}/context", handle)
        .id("conversation_context")
        .summary("What a model would be sent now, and why")
        .describe("Made by the code that sends it. Tokens are estimates.")
        .requires(&permissions::READ)
        .query::<ModelQuery>()
        .answers::<ConversationContext>(200, "The parts in their order")
        .problems(&[&codes::CONVERSATION_NOT_FOUND, &codes::MODEL_UNKNOWN, &codes::TEMPLATE_BROKEN])
}

async fn handle(
    caller: Caller,
    messages: web::Data<dyn Messages>,
    id: Path<Uuid>,
    query: Query<ModelQuery>,
) -> Result<Json<ConversationContext>, Problem> {
    let model = query.into_inner().model;
    let found = messages.context(&caller, ConversationId(id.into_inner()), model.as_deref()).await?;
    Ok(Json(ConversationContext::from(found)))
}

impl From<ContextView> for ConversationContext {
    fn from(found: ContextView) -> Self {
        let part = |part: ContextPart| PartView {
            kind: part.kind,
            name: part.name,
            role: part.role,
            text: part.text,
            tokens: part.tokens,
            why: part.why,
        };
        let left_out = |left: LeftOut| LeftOutView { kind: left.kind, name: left.name, why: left.why };
        Self {
            model: found.model,
            window: found.window,
            kept_for_answer: found.kept_for_answer,
            tokens: found.tokens,
            parts: found.parts.into_iter().map(part).collect(),
            left_out: found.left_out.into_iter().map(left_out).collect(),
        }
    }
}
