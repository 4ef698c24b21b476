use actix_web::{HttpResponse, web};
use core_http::{Caller, IfMatch, Operation, Path, Problem};
use uuid::Uuid;

use crate::{Library, MediaId, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::delete("/{id}", handle)
        .id("delete_media")
        .summary("Delete a picture with all its sizes")
        .requires(&permissions::WRITE)
        .no_content()
        .problems(&[&codes::CHANGED, &codes::STORE_UNAVAILABLE])
}

async fn handle(
    caller: Caller,
    library: web::Data<dyn Library>,
    Path(id): Path<Uuid>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    library.delete(&caller, MediaId(id), if_match.version()).await?;
    Ok(HttpResponse::NoContent().finish())
}
