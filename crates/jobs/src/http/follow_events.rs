use std::pin::pin;

use actix_web::web;
use core_http::{Caller, LastEventId, Operation, Problem, Query, Sse, SseEvent, SseSender, Streams};
use core_jobs::Event;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use crate::{EventTypes, Feed, Follower, codes, permissions};

#[derive(Deserialize, IntoParams)]
struct EventFilter {
    /// Only events of these types, with commas between them.
    #[param(example = "user.created,media.ready")]
    types: Option<String>,
}

pub(super) fn operation() -> Operation {
    Operation::get("", handle)
        .id("follow_events")
        .summary("What happens in the caller's spaces, as it happens")
        .describe(
            "Begins with `start`, goes on with one `message` per event (`{type,timestamp,data}`, as outgoing webhooks have it), \
             and ends with `end`, whose `reason` is `renew` after some minutes or `stopping`. The id of each is a place: sent \
             back as Last-Event-ID it resumes there, without it the feed begins now. An event may come twice; its `data.id` is \
             the same then.",
        )
        .requires(&permissions::EVENTS_READ)
        .query::<EventFilter>()
        .header("Last-Event-ID", "The id of the last event that was read")
        .streams("Events of the personal space, and of the organisation acted for")
        .problems(&[&codes::INVALID])
}

async fn handle(
    caller: Caller,
    feed: web::Data<dyn Feed>,
    streams: Streams,
    filter: Query<EventFilter>,
    last: LastEventId,
) -> Result<Sse, Problem> {
    let types = filter.types.as_deref().map_or(Ok(EventTypes::all()), EventTypes::parse)?;
    // What is no place of ours is treated as none: a browser sends back what it has, and must not be locked out by it.
    let from = last.as_deref().and_then(|id| id.parse().ok());
    let follower = feed.follow(&caller, types, from).await?;
    Ok(streams.start(move |sender| tell(follower, sender)))
}

/// Tells until the client leaves, the server stops, or it is time to look at the caller's rights again.
async fn tell(mut follower: Follower, mut sender: SseSender) {
    let mut stopped = pin!(sender.stopped());
    let mut over = pin!(tokio::time::sleep(follower.life()));
    let mut place = follower.place().to_string();
    if sender.send(SseEvent::new("start", &json!({})).id(&place)).await.is_err() {
        return;
    }
    let reason = loop {
        let events = tokio::select! {
            events = follower.next() => events,
            () = &mut stopped => break "stopping",
            () = &mut over => break "renew",
        };
        for event in events {
            place = event.sequence.unwrap_or_default().to_string();
            if sender.send(SseEvent::new("message", &envelope(event)).id(&place)).await.is_err() {
                return;
            }
        }
    };
    // A client that has left hears nothing, which is no failure.
    let _gone = sender.finish(SseEvent::new("end", &json!({ "reason": reason })).id(&place)).await;
}

/// The event as it goes out; what the publisher says never hides whose event it is.
fn envelope(event: Event) -> Value {
    let mut data = match event.data {
        Value::Object(members) => members,
        other => [("value".to_owned(), other)].into_iter().collect(),
    };
    data.insert("id".to_owned(), json!(event.id));
    data.insert("owner_id".to_owned(), json!(event.owner));
    data.insert("subject_id".to_owned(), json!(event.subject));
    json!({ "type": event.r#type, "timestamp": event.occurred_at, "data": data })
}
