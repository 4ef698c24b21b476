use actix_web::web;
use core_http::{Caller, Json, Operation, Path, Problem};
use uuid::Uuid;

use super::view::HookView;
use crate::hooks::{HookId, Hooks};
use crate::permissions;

pub(super) fn operation() -> Operation {
    Operation::get("/hooks/{hook_id}", handle)
        .id("get_incoming_hook")
        .summary("A place that a provider sends to")
        .requires(&permissions::READ)
        .answers::<HookView>(200, "The hook")
}

async fn handle(caller: Caller, hooks: web::Data<dyn Hooks>, Path(id): Path<Uuid>) -> Result<Json<HookView>, Problem> {
    Ok(Json(HookView::from(hooks.get(&caller, HookId(id)).await?)))
}
