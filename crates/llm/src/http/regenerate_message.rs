use std::time::Instant;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use core_http::{Caller, IdempotencyKey, Json, LimitClass, Operation, Path, Problem, Streams};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer;
use super::send_message::SentMessage;
use super::stream;
use crate::{ConversationId, Delivery, Generations, MessageId, Messages, Regenerate, codes, permissions};

/// How the answer is made anew.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RegenerateMessage {
    /// The model of this answer, when not the conversation's.
    #[serde(default)]
    model: Option<String>,
    /// 0 to 2.
    #[serde(default)]
    temperature: Option<f32>,
    #[serde(default)]
    max_output_tokens: Option<u32>,
    /// True: the answer is an event stream.
    #[serde(default)]
    stream: bool,
}

pub(super) fn operation() -> Operation {
    Operation::post("/conversations/{id}/messages/{message_id}/regenerate", handle)
        .id("regenerate_message")
        .summary("Another answer to the same question, on a branch of its own")
        .describe("`message_id` is the answer, or the question. The new branch becomes the active one.")
        .requires(&permissions::CHAT)
        .limit(LimitClass::Expensive)
        .body::<RegenerateMessage>()
        .answers::<SentMessage>(201, "The question and its new answer")
        .streams("`start`, any number of `delta`, `usage`, then `done` or `error`")
        .problems(codes::ALL)
}

async fn handle(
    (request, caller): (HttpRequest, Caller),
    facades: (web::Data<dyn Messages>, web::Data<dyn Generations>),
    context: (Streams, Option<IdempotencyKey>),
    path: Path<(Uuid, Uuid)>,
    Json(body): Json<RegenerateMessage>,
) -> Result<HttpResponse, Problem> {
    let (received, (messages, generations), (streams, key)) = (Instant::now(), facades, context);
    let ((id, message), wants_stream) = (path.into_inner(), body.stream);
    let delivery = Delivery { stream: wants_stream, repeat: answer::repeat(key).filter(|_| wants_stream) };
    if let Some(events) = answer::earlier(&**generations, &caller, &delivery).await? {
        return Ok(stream::replayed(&streams, &request, events, received));
    }
    let viewer = messages.regenerate(&caller, ConversationId(id), MessageId(message), body.into(), delivery).await?;
    if wants_stream {
        return Ok(stream::begun(&streams, &request, viewer, received));
    }
    let (outcome, headers) = answer::whole(viewer).await?;
    let location = format!("/api/v1/llm/generations/{}", outcome.generation);
    let sent = SentMessage::of(&outcome);
    Ok(headers.respond(StatusCode::CREATED).insert_header((header::LOCATION, location)).json(sent))
}

impl From<RegenerateMessage> for Regenerate {
    fn from(body: RegenerateMessage) -> Self {
        Self { model: body.model, temperature: body.temperature, max_output_tokens: body.max_output_tokens }
    }
}
