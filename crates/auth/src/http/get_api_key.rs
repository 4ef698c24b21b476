use actix_web::web;
use core_http::{Caller, Etagged, Operation, Path, Problem};
use uuid::Uuid;

use super::api_key::ApiKeyBody;
use crate::{ApiKeyId, ApiKeys, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/api-keys/{id}", handle)
        .id("get_api_key")
        .summary("One API key")
        .requires(&permissions::API_KEYS)
        .answers::<ApiKeyBody>(200, "The key, without its secret")
}

async fn handle(caller: Caller, keys: web::Data<dyn ApiKeys>, Path(id): Path<Uuid>) -> Result<Etagged<ApiKeyBody>, Problem> {
    let key = keys.find(&caller, ApiKeyId(id)).await?;
    Ok(Etagged::new(key.version, key.into()))
}
