use std::time::Duration;

use actix_web::web;
use core_http::{Caller, Json, Operation, Path, Problem, Query};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::api_key::NewApiKeyBody;
use crate::{ApiKeyId, ApiKeys, codes, permissions};

/// How the new secret takes over.
#[derive(Deserialize, IntoParams)]
struct RotateApiKeyQuery {
    /// How long the secret of now goes on working beside the new one, in hours, at most 168; 0 ends it at once. Left out: 24.
    #[param(default = 24, maximum = 168)]
    #[serde(default = "a_day")]
    overlap_hours: u32,
}

const fn a_day() -> u32 {
    24
}

pub(super) fn operation() -> Operation {
    Operation::post("/api-keys/{id}/rotate", handle)
        .id("rotate_api_key")
        .summary("Give an API key a new secret")
        .describe("The key keeps its id, scopes and owner, and lives as long as a new one. Not for API keys.")
        .requires(&permissions::API_KEYS)
        .dangerous()
        .query::<RotateApiKeyQuery>()
        .answers::<NewApiKeyBody>(200, "The key, with its new secret")
        .secret_answer()
        .problems(&[&codes::INVALID, &codes::PERSON_NEEDED, &codes::CHANGED])
}

async fn handle(
    caller: Caller,
    keys: web::Data<dyn ApiKeys>,
    Path(id): Path<Uuid>,
    Query(query): Query<RotateApiKeyQuery>,
) -> Result<Json<NewApiKeyBody>, Problem> {
    let overlap = Duration::from_hours(u64::from(query.overlap_hours));
    let (key, secret) = keys.rotate(&caller, ApiKeyId(id), overlap).await?;
    Ok(Json(NewApiKeyBody::new(key, &secret)))
}
