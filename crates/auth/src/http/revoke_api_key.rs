use actix_web::{HttpResponse, web};
use core_http::{Caller, Operation, Path, Problem};
use uuid::Uuid;

use crate::{ApiKeyId, ApiKeys, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::delete("/api-keys/{id}", handle)
        .id("revoke_api_key")
        .summary("End an API key")
        .describe("It is refused everywhere within a second. Not for API keys.")
        .requires(&permissions::API_KEYS)
        .no_content()
        .problems(&[&codes::PERSON_NEEDED])
}

async fn handle(caller: Caller, keys: web::Data<dyn ApiKeys>, Path(id): Path<Uuid>) -> Result<HttpResponse, Problem> {
    keys.revoke(&caller, ApiKeyId(id)).await?;
    Ok(HttpResponse::NoContent().finish())
}
