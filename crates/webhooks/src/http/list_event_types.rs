use actix_web::web;
use core_http::{Caller, Json, Operation, Problem};
use core_kernel::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::envelope::Envelope;
use crate::{Endpoints, permissions};

/// What endpoints can be sent.
#[derive(Serialize, ToSchema)]
struct EventTypesView {
    event_types: Vec<EventTypeView>,
}

/// A type of event.
#[derive(Serialize, ToSchema)]
struct EventTypeView {
    #[serde(rename = "type")]
    #[schema(example = "media.ready")]
    name: &'static str,
    /// Raised when the shape of `data` changes.
    version: i32,
    /// What it tells.
    summary: &'static str,
    /// A whole body, as it is sent.
    #[schema(value_type = Object)]
    example: Value,
}

pub(super) fn operation() -> Operation {
    Operation::get("/event-types", handle)
        .id("list_webhook_event_types")
        .summary("What endpoints can be sent")
        .describe(
            "Every event that an installed feature publishes, with an example of the whole body. `data.id` is what the event is about, \
             `data.owner_id` the space.",
        )
        .requires(&permissions::READ)
        .answers::<EventTypesView>(200, "The types of events")
}

async fn handle(caller: Caller, endpoints: web::Data<dyn Endpoints>) -> Result<Json<EventTypesView>, Problem> {
    /// 2026-01-16T14:40:00Z.
    const MOMENT: Timestamp = Timestamp::from_seconds(1_768_574_400);
    let owner = caller.owner;
    let view = |known: core_jobs::EventType| EventTypeView {
        name: known.name,
        version: known.version,
        summary: known.summary,
        example: json!(Envelope::example(&known, MOMENT, owner)),
    };
    Ok(Json(EventTypesView { event_types: endpoints.event_types(&caller)?.into_iter().map(view).collect() }))
}
