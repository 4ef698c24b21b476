use actix_web::web;
use core_http::{Caller, Created, Json, Operation, Problem};
use core_kernel::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use super::api_key::NewApiKeyBody;
use crate::{ApiKeys, NewApiKey, codes, permissions};

/// What the key is for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateApiKeyRequest {
    /// For people, 1 to 100 characters.
    #[schema(example = "nightly report")]
    name: String,
    /// Names of permissions that the caller has (`GET /auth/me`).
    #[schema(example = json!(["auth:self"]))]
    scopes: Vec<String>,
    /// When it ends; left out: in 90 days, where the settings say nothing else.
    #[serde(default)]
    expires_at: Option<Timestamp>,
}

pub(super) fn operation() -> Operation {
    Operation::post("/api-keys", handle)
        .id("create_api_key")
        .summary("Make an API key")
        .describe("The secret is shown once. Made under X-Org-Id, the key belongs to the organisation and acts for it by itself. What it may do is its scopes and what its maker may do now, both. Not for API keys.")
        .requires(&permissions::API_KEYS)
        .dangerous()
        .body::<CreateApiKeyRequest>()
        .answers::<NewApiKeyBody>(201, "The key, with its secret")
        .secret_answer()
        .problems(&[&codes::INVALID, &codes::PERSON_NEEDED, &codes::TOO_MANY_KEYS])
}

async fn handle(
    caller: Caller,
    keys: web::Data<dyn ApiKeys>,
    Json(request): Json<CreateApiKeyRequest>,
) -> Result<Created<NewApiKeyBody>, Problem> {
    let new = NewApiKey { name: request.name, scopes: request.scopes, expires_at: request.expires_at };
    let (key, secret) = keys.create(&caller, new).await?;
    let (location, version) = (format!("/api/v1/auth/api-keys/{}", key.id), key.version);
    Ok(Created::at(location, NewApiKeyBody::new(key, &secret)).version(version))
}
