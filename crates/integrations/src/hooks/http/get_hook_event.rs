use actix_web::web;
use core_http::{Caller, Json, Operation, Path, Problem};
use uuid::Uuid;

use super::view::WholeEventView;
use crate::hooks::{HookEventId, HookId, Hooks};
use crate::permissions;

pub(super) fn operation() -> Operation {
    Operation::get("/hooks/{hook_id}/events/{event_id}", handle)
        .id("get_incoming_hook_event")
        .summary("What a provider sent, with its body")
        .describe("Bodies are kept for 30 days, and at most 256 MiB of each hook.")
        .requires(&permissions::READ)
        .answers::<WholeEventView>(200, "The event")
}

async fn handle(
    caller: Caller,
    hooks: web::Data<dyn Hooks>,
    Path((hook, event)): Path<(Uuid, Uuid)>,
) -> Result<Json<WholeEventView>, Problem> {
    let (event, payload) = hooks.event(&caller, HookId(hook), HookEventId(event)).await?;
    Ok(Json(WholeEventView::new(event, payload)))
}
