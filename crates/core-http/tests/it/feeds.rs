//! Event streams of the demonstration feature.

use actix_web::web;
use core_http::{IdempotencyKey, Operation, SseEvent, Streams};

use crate::demo::{Notes, READ, WRITE};

pub(crate) fn stream() -> Operation {
    Operation::post("/stream", |streams: Streams, key: Option<IdempotencyKey>| async move {
        streams.start(move |mut sender| async move {
            let key = key.map(|key| key.key);
            let _ = sender.send(SseEvent::new("start", &serde_json::json!({ "key": key }))).await;
            let _ = sender.finish(SseEvent::new("done", &serde_json::json!({}))).await;
        })
    })
    .id("stream_note")
    .summary("A stream")
    .requires(&WRITE)
    .streams("Events")
}

pub(crate) fn lost() -> Operation {
    let start = |streams: Streams| async move {
        streams.start(|mut sender| async move {
            let _ = sender.send(SseEvent::new("delta", "half a sen")).await;
        })
    };
    Operation::get("/lost", start).id("lost_stream").summary("A stream whose producer fails").requires(&READ).streams("Events")
}

pub(crate) fn endless() -> Operation {
    Operation::get("/events", |streams: Streams, notes: web::Data<Notes>| async move {
        let notes = notes.into_inner();
        streams.start(move |mut sender| async move {
            let _ = sender.send(SseEvent::new("start", &serde_json::json!({})).id("first")).await;
            sender.stopped().await;
            if !sender.is_closed() {
                let _ = sender.finish(SseEvent::new("done", &serde_json::json!({ "reason": "stopped" }))).await;
            }
            notes.producer_stopped.notify_one();
        })
    })
    .id("follow_notes")
    .summary("A feed")
    .requires(&READ)
    .streams("Events")
}
