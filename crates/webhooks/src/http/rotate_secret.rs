use actix_web::web;
use core_http::{Caller, Json, Operation, Path, Problem, Query};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::view::SecretEndpointView;
use crate::{EndpointId, Endpoints, codes, permissions};

/// How the new secret takes over.
#[derive(Deserialize, IntoParams)]
struct RotateSecretQuery {
    /// How long the secrets of now go on signing beside the new one, in hours, at most 168; 0 ends them at once. Left out: 24.
    #[param(default = 24, maximum = 168)]
    #[serde(default = "a_day")]
    overlap_hours: u32,
}

const fn a_day() -> u32 {
    24
}

pub(super) fn operation() -> Operation {
    Operation::post("/endpoints/{id}/rotate-secret", handle)
        .id("rotate_webhook_secret")
        .summary("Give a webhook endpoint a new secret")
        .describe("While secrets overlap, `webhook-signature` has a signature by each of them, at most four.")
        .requires(&permissions::WRITE)
        .query::<RotateSecretQuery>()
        .answers::<SecretEndpointView>(200, "The endpoint, with its new secret")
        .secret_answer()
        .problems(&[&codes::INVALID, &codes::CHANGED])
}

async fn handle(
    caller: Caller,
    endpoints: web::Data<dyn Endpoints>,
    Path(id): Path<Uuid>,
    Query(query): Query<RotateSecretQuery>,
) -> Result<Json<SecretEndpointView>, Problem> {
    let (endpoint, secret) = endpoints.rotate_secret(&caller, EndpointId(id), query.overlap_hours).await?;
    Ok(Json(SecretEndpointView::new(endpoint, &secret)))
}
