use actix_web::{HttpResponse, web};
use core_http::{Caller, IfMatch, Operation, Path, Problem};
use uuid::Uuid;

use crate::{ConnectionId, Connections, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::delete("/connections/{id}", handle)
        .id("delete_connection")
        .summary("Remove a connection with its credentials")
        .requires(&permissions::CONNECT)
        .no_content()
        .problems(&[&codes::CHANGED])
}

async fn handle(
    caller: Caller,
    connections: web::Data<dyn Connections>,
    Path(id): Path<Uuid>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    connections.delete(&caller, ConnectionId(id), if_match.version()).await?;
    Ok(HttpResponse::NoContent().finish())
}
