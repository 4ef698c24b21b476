use actix_web::web;
use core_http::{Caller, Etagged, IfMatch, Json, Operation, Patch, Path, Problem};
use core_kernel::{FieldError, Timestamp};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::api_key::ApiKeyBody;
use crate::{ApiKeyChange, ApiKeyId, ApiKeys, AuthError, codes, permissions};

/// What to change; what is not mentioned stays, and nothing can be removed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UpdateApiKeyRequest {
    /// 1 to 100 characters.
    #[serde(default)]
    name: Patch<String>,
    /// Names of permissions that the caller has.
    #[serde(default)]
    scopes: Patch<Vec<String>>,
    /// When it ends.
    #[serde(default)]
    expires_at: Patch<Timestamp>,
}

pub(super) fn operation() -> Operation {
    Operation::patch("/api-keys/{id}", handle)
        .id("update_api_key")
        .summary("Change an API key's name, scopes or end")
        .describe("A merge patch (RFC 7396). With If-Match, only the version that it names is changed. Not for API keys.")
        .requires(&permissions::API_KEYS)
        .dangerous()
        .body::<UpdateApiKeyRequest>()
        .answers::<ApiKeyBody>(200, "The key as it is now")
        .problems(&[&codes::INVALID, &codes::PERSON_NEEDED, &codes::CHANGED])
}

async fn handle(
    caller: Caller,
    keys: web::Data<dyn ApiKeys>,
    Path(id): Path<Uuid>,
    if_match: IfMatch,
    Json(request): Json<UpdateApiKeyRequest>,
) -> Result<Etagged<ApiKeyBody>, Problem> {
    let change = ApiKeyChange {
        name: set("/name", request.name)?,
        scopes: set("/scopes", request.scopes)?,
        expires_at: set("/expires_at", request.expires_at)?,
    };
    let key = keys.update(&caller, ApiKeyId(id), change, if_match.version()).await?;
    Ok(Etagged::new(key.version, key.into()))
}

fn set<T>(pointer: &str, patch: Patch<T>) -> Result<Option<T>, AuthError> {
    let fault = || AuthError::Invalid(vec![FieldError::new(pointer, "required", "can not be removed")]);
    patch.change().map(|value| value.ok_or_else(fault)).transpose()
}
