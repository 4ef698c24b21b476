use std::time::Instant;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use core_http::{Caller, IdempotencyKey, Json, LimitClass, Operation, Path, Problem, Streams};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer;
use super::content::Content;
use super::stream;
use super::views::MessageView;
use crate::{Confirmation, ConversationId, Delivery, Generations, MessageId, Messages, NewMessage, Outcome, codes, permissions};

/// A message to a conversation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SendMessage {
    /// A text, or parts.
    content: Content,
    /// The model of this answer, when not the conversation's.
    #[serde(default)]
    model: Option<String>,
    /// The message that this one follows; the active leaf when absent. Another one begins a branch.
    #[serde(default)]
    parent_id: Option<Uuid>,
    /// The message whose place this one takes, on a branch of its own: an edited question. Not together with `parent_id`.
    #[serde(default)]
    replaces_id: Option<Uuid>,
    /// Files that belong to the message: images and texts, at most 8.
    #[serde(default)]
    attachments: Vec<Uuid>,
    /// 0 to 2.
    #[serde(default)]
    temperature: Option<f32>,
    #[serde(default)]
    max_output_tokens: Option<u32>,
    /// True: the answer is an event stream.
    #[serde(default)]
    stream: bool,
}

/// The message and its answer.
#[derive(Serialize, ToSchema)]
pub(super) struct SentMessage {
    user_message: Option<MessageView>,
    assistant_message: Option<MessageView>,
    /// Tool calls that wait for the person's word.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    confirmations: Vec<Confirmation>,
}

impl SentMessage {
    pub(super) fn of(outcome: &Outcome) -> Self {
        let view = |message: &Option<crate::Message>| message.clone().map(MessageView::from);
        Self {
            user_message: view(&outcome.user_message),
            assistant_message: view(&outcome.assistant_message),
            confirmations: outcome.settlement.confirmations.clone(),
        }
    }
}

pub(super) fn operation() -> Operation {
    Operation::post("/conversations/{id}/messages", handle)
        .id("send_message")
        .summary("Say something and get an answer")
        .describe(
            "The answer is written to its end and stored also when the client leaves, unless `llm.leaving` says otherwise. Without a provider the message is stored \
             and the problem names it (`user_message_id`).",
        )
        .requires(&permissions::CHAT)
        .limit(LimitClass::Expensive)
        .body::<SendMessage>()
        .answers::<SentMessage>(201, "The message and its answer")
        .streams("`start`, any number of `delta`, `usage`, then `done` or `error`")
        .problems(codes::ALL)
}

async fn handle(
    (request, caller): (HttpRequest, Caller),
    facades: (web::Data<dyn Messages>, web::Data<dyn Generations>),
    context: (Streams, Option<IdempotencyKey>),
    id: Path<Uuid>,
    Json(body): Json<SendMessage>,
) -> Result<HttpResponse, Problem> {
    let (received, (messages, generations), (streams, key)) = (Instant::now(), facades, context);
    let delivery = Delivery { stream: body.stream, repeat: answer::repeat(key).filter(|_| body.stream) };
    if let Some(events) = answer::earlier(&**generations, &caller, &delivery).await? {
        return Ok(stream::replayed(&streams, &request, events, received));
    }
    let wants_stream = body.stream;
    let viewer = messages.send(&caller, ConversationId(id.into_inner()), body.into(), delivery).await?;
    if wants_stream {
        return Ok(stream::begun(&streams, &request, viewer, received));
    }
    let (outcome, headers) = answer::whole(viewer).await?;
    let sent = SentMessage::of(&outcome);
    let location = format!("/api/v1/llm/generations/{}", outcome.generation);
    Ok(headers.respond(StatusCode::CREATED).insert_header((header::LOCATION, location)).json(sent))
}

impl From<SendMessage> for NewMessage {
    fn from(body: SendMessage) -> Self {
        Self {
            parts: body.content.into_parts(),
            parent: body.parent_id.map(MessageId),
            replaces: body.replaces_id.map(MessageId),
            attachments: body.attachments,
            model: body.model,
            temperature: body.temperature,
            max_output_tokens: body.max_output_tokens,
        }
    }
}
