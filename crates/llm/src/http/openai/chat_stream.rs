use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use serde_json::{Value, json};

use super::chat_completions::{call, finish_word, model, reported};
use super::created;
use super::errors::Refusal;
use crate::chat::Delta;
use crate::{GenerationEvent, Viewer};

/// How long a stream may be silent.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// A stream of chunks. Dropping it, as when the client leaves, is leaving the generation.
pub(super) fn respond(viewer: Viewer, with_usage: bool) -> HttpResponse {
    let id = viewer.generation().get();
    let chunks =
        Chunks { id: format!("chatcmpl-{id}"), created: created(id), model: String::new(), with_usage, calls: 0, usage: None };
    event_stream(viewer, chunks)
}

/// Turns our events into a protocol's.
pub(super) trait Translate: Send + 'static {
    /// The bytes that stand for an event.
    fn event(&mut self, event: GenerationEvent) -> String;
}

/// The events of a generation in another protocol, with comments while it is silent.
pub(super) fn event_stream(viewer: Viewer, translate: impl Translate) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/event-stream; charset=utf-8"))
        .insert_header((header::CACHE_CONTROL, "no-store, no-transform"))
        // Keeps compression and nginx' buffer from holding events back.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(bytes_of(viewer, translate))
}

fn bytes_of(viewer: Viewer, translate: impl Translate) -> impl Stream<Item = Result<Bytes, std::convert::Infallible>> {
    let texts = stream::unfold(Some((viewer, translate)), |state| async move {
        let (mut viewer, mut translate) = state?;
        match tokio::time::timeout(HEARTBEAT, viewer.next()).await {
            Err(_silence) => Some((": \n\n".to_owned(), Some((viewer, translate)))),
            Ok(None) => None,
            Ok(Some(event)) => {
                let last = event.event.is_terminal();
                let text = translate.event(event.event);
                Some((text, (!last).then_some((viewer, translate))))
            }
        }
    });
    texts.filter(|text| futures_util::future::ready(!text.is_empty())).map(|text| Ok(Bytes::from(text)))
}

struct Chunks {
    id: String,
    created: u64,
    model: String,
    with_usage: bool,
    calls: usize,
    usage: Option<Value>,
}

impl Chunks {
    fn chunk(&self, choices: &Value, usage: Option<&Value>) -> String {
        let mut chunk = json!({
            "id": self.id, "object": "chat.completion.chunk", "created": self.created, "model": self.model, "choices": choices,
        });
        if let (true, Some(fields)) = (self.with_usage, chunk.as_object_mut()) {
            fields.insert("usage".to_owned(), usage.cloned().unwrap_or(Value::Null));
        }
        format!("data: {chunk}\n\n")
    }

    fn delta(&self, delta: &Value) -> String {
        self.chunk(&json!([{ "index": 0, "delta": delta, "finish_reason": null }]), None)
    }
}

impl Translate for Chunks {
    fn event(&mut self, event: GenerationEvent) -> String {
        match event {
            GenerationEvent::Start { model: name, provider, .. } => {
                self.model = model(Some(&provider), Some(&name));
                self.delta(&json!({ "role": "assistant", "content": "" }))
            }
            GenerationEvent::Delta(Delta::Text(text)) => self.delta(&json!({ "content": text })),
            GenerationEvent::Delta(Delta::Reasoning(text)) => self.delta(&json!({ "reasoning_content": text })),
            GenerationEvent::Delta(Delta::ToolCall(made)) => {
                let mut made = call(&made);
                if let Some(fields) = made.as_object_mut() {
                    fields.insert("index".to_owned(), json!(self.calls));
                }
                self.calls += 1;
                self.delta(&json!({ "tool_calls": [made] }))
            }
            GenerationEvent::Usage(report) => {
                self.usage = Some(reported(&report));
                String::new()
            }
            GenerationEvent::Done { finish, .. } => {
                let last = json!([{ "index": 0, "delta": {}, "finish_reason": finish_word(&finish) }]);
                let usage = self.usage.take().filter(|_| self.with_usage);
                let usage = usage.map(|usage| self.chunk(&json!([]), Some(&usage))).unwrap_or_default();
                format!("{}{usage}data: [DONE]\n\n", self.chunk(&last, None))
            }
            // Without `[DONE]`: the clients raise what stands in it.
            GenerationEvent::Error { failure, .. } => format!("data: {}\n\n", Refusal::from(&failure).into_body()),
        }
    }
}
