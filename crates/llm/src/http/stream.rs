use std::time::Instant;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, Responder};
use core_http::{Problem, Sse, SseEvent, SseSender, Streams};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use serde_json::{Map, Value, json};

use super::answer::LlmHeaders;
use super::views::{MessageView, UsageView};
use crate::chat::Delta;
use crate::live::Viewer;
use crate::model::{GenerationEvent, GenerationId, Message, MessageId, PositionedEvent};

/// A stream that shows a generation from its first event.
pub(super) fn begun(streams: &Streams, request: &HttpRequest, viewer: Viewer, received: Instant) -> HttpResponse {
    let generation = viewer.generation();
    respond(streams, request, generation, viewer.events(), received)
}

/// The stream of a repeated request: the generation that the first one began, from its first event.
pub(super) fn replayed(
    streams: &Streams,
    request: &HttpRequest,
    (generation, events): (GenerationId, BoxStream<'static, PositionedEvent>),
    received: Instant,
) -> HttpResponse {
    let mut response = respond(streams, request, generation, events, received);
    response.headers_mut().insert(HeaderName::from_static("idempotency-replayed"), HeaderValue::from_static("true"));
    response
}

/// A stream of events that may have begun earlier.
pub(super) fn respond(
    streams: &Streams,
    request: &HttpRequest,
    generation: GenerationId,
    events: BoxStream<'static, PositionedEvent>,
    received: Instant,
) -> HttpResponse {
    let sse: Sse = streams.start(|sender| pump(sender, events));
    let overhead_ms = i64::try_from(received.elapsed().as_millis()).unwrap_or(i64::MAX);
    let headers = LlmHeaders { generation: generation.get(), cost_micros: 0, overhead_ms };
    let mut response = sse.respond_to(request);
    let extra = headers.respond(StatusCode::OK).finish();
    for (name, value) in extra.headers() {
        response.headers_mut().insert(name.clone(), value.clone());
    }
    response
}

/// Carries events to the client until the last one. When the client leaves, dropping the events is leaving the generation. When
/// the server stops, the generation says so itself in its last event.
async fn pump(mut sender: SseSender, mut events: BoxStream<'static, PositionedEvent>) {
    let mut stopped = std::pin::pin!(sender.stopped());
    let mut stopping = false;
    loop {
        let event = tokio::select! {
            biased;
            () = &mut stopped, if !stopping => {
                if sender.is_closed() {
                    return;
                }
                stopping = true;
                continue;
            }
            event = events.next() => event,
        };
        // Without a last event the stream ends with an error by itself.
        let Some(event) = event else { return };
        let encoded = encode(&event);
        if event.event.is_terminal() {
            let _ = sender.finish(encoded).await;
            return;
        }
        if sender.send(encoded).await.is_err() {
            return;
        }
    }
}

fn encode(event: &PositionedEvent) -> SseEvent {
    SseEvent::new(event.event.name(), &data(&event.event)).id(event.position.to_string())
}

fn data(event: &GenerationEvent) -> Value {
    match event {
        GenerationEvent::Start { generation, conversation, user_message, assistant_message, model, provider } => {
            let mut fields = object(json!({ "generation_id": generation, "model": model, "provider": provider }));
            insert(&mut fields, "conversation_id", conversation.map(|id| json!(id)));
            insert(&mut fields, "user_message", view(user_message.as_deref()));
            insert(&mut fields, "assistant_message_id", assistant_message.map(|id: MessageId| json!(id)));
            Value::Object(fields)
        }
        GenerationEvent::Delta(Delta::Text(text)) => json!({ "text": text }),
        GenerationEvent::Delta(Delta::Reasoning(text)) => json!({ "reasoning": text }),
        GenerationEvent::Delta(Delta::ToolCall(call)) => json!({ "tool_call": call }),
        GenerationEvent::Usage(usage) => json!(UsageView::from(usage.clone())),
        GenerationEvent::Done { finish, assistant_message, provider, model, adjustments, confirmations } => {
            let mut fields = object(json!({ "finish_reason": finish.as_str(), "provider": provider, "model": model }));
            insert(&mut fields, "assistant_message", view(assistant_message.as_deref()));
            insert(&mut fields, "confirmations", Some(json!(confirmations)).filter(|_| !confirmations.is_empty()));
            insert(&mut fields, "adjustments", Some(json!(adjustments)).filter(|_| !adjustments.is_empty()));
            Value::Object(fields)
        }
        GenerationEvent::Error { failure, partial, assistant_message } => {
            let problem = Problem::from(failure.clone()).to_value();
            let mut fields = object(json!({ "problem": problem, "partial": !partial.is_empty() }));
            insert(&mut fields, "assistant_message", view(assistant_message.as_deref()));
            Value::Object(fields)
        }
    }
}

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(fields) = value { fields } else { Map::new() }
}

fn insert(fields: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        fields.insert(name.to_owned(), value);
    }
}

fn view(message: Option<&Message>) -> Option<Value> {
    message.map(|message| json!(MessageView::from(message.clone())))
}
