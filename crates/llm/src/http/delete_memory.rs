use actix_web::{HttpResponse, web};
use core_http::{Caller, Operation, Path, Problem};
use uuid::Uuid;

use crate::{FactId, Memories, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::delete("/memories/{id}", handle)
        .id("delete_memory")
        .summary("Forget a fact")
        .requires(&permissions::CHAT)
        .no_content()
        .problems(&[&codes::MEMORY_NOT_FOUND])
}

async fn handle(caller: Caller, memories: web::Data<dyn Memories>, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    memories.delete(&caller, FactId(id.into_inner())).await?;
    Ok(HttpResponse::NoContent().finish())
}
