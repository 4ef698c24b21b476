use actix_web::{HttpResponse, web};
use core_http::{Caller, IfMatch, Operation, Path, Problem};
use uuid::Uuid;

use crate::{EndpointId, Endpoints, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::delete("/endpoints/{id}", handle)
        .id("delete_webhook_endpoint")
        .summary("Delete a webhook endpoint with all that was sent to it")
        .requires(&permissions::WRITE)
        .no_content()
        .problems(&[&codes::CHANGED])
}

async fn handle(
    caller: Caller,
    endpoints: web::Data<dyn Endpoints>,
    Path(id): Path<Uuid>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    endpoints.delete(&caller, EndpointId(id), if_match.version()).await?;
    Ok(HttpResponse::NoContent().finish())
}
