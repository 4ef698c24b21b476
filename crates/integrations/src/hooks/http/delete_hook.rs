use actix_web::{HttpResponse, web};
use core_http::{Caller, Operation, Path, Problem};
use uuid::Uuid;

use crate::hooks::{HookId, Hooks};
use crate::permissions;

pub(super) fn operation() -> Operation {
    Operation::delete("/hooks/{hook_id}", handle)
        .id("delete_incoming_hook")
        .summary("Delete a hook with all that came by it")
        .requires(&permissions::CONNECT)
        .no_content()
}

async fn handle(caller: Caller, hooks: web::Data<dyn Hooks>, Path(id): Path<Uuid>) -> Result<HttpResponse, Problem> {
    hooks.delete(&caller, HookId(id)).await?;
    Ok(HttpResponse::NoContent().finish())
}
