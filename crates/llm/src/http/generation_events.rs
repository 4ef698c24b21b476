use std::time::Instant;

use actix_web::{HttpRequest, HttpResponse, web};
use core_http::{Caller, LastEventId, Operation, Path, Problem, Streams};
use core_kernel::FieldError;
use uuid::Uuid;

use super::answer::generation_id;
use super::stream;
use crate::error::LlmError;
use crate::{EventPosition, Generations, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/generations/{id}/events", handle)
        .id("generation_events")
        .summary("Watch a generation, from its first event or from where a stream broke")
        .requires(&permissions::READ)
        .header("Last-Event-ID", "The id of the last event that arrived.")
        .streams("`start`, any number of `delta`, `usage`, then `done` or `error`")
        .problems(&[&codes::GENERATION_NOT_FOUND, &codes::INVALID])
}

async fn handle(
    request: HttpRequest,
    caller: Caller,
    generations: web::Data<dyn Generations>,
    context: (Streams, LastEventId),
    id: Path<Uuid>,
) -> Result<HttpResponse, Problem> {
    let (received, (streams, last), id) = (Instant::now(), context, generation_id(id));
    let after = last.0.map(|text| position(&text)).transpose()?;
    let events = generations.attach(&caller, id, after).await?;
    Ok(stream::respond(&streams, &request, id, events, received))
}

fn position(text: &str) -> Result<EventPosition, LlmError> {
    let unknown = |_unreadable| {
        let rule = "Expected the id of an event of this generation.";
        LlmError::Invalid(vec![FieldError::new("/last_event_id", "invalid_event_id", rule)])
    };
    text.parse().map_err(unknown)
}
