use actix_web::web;
use core_http::{Json, LimitClass, Operation, Problem};
use core_kernel::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::TokensBody;
use crate::{Sessions, codes};

/// The latest refresh token of a session.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RefreshRequest {
    /// Works once; the answer holds the next one.
    refresh_token: Secret,
}

pub(super) fn operation() -> Operation {
    Operation::post("/refresh", handle)
        .id("refresh")
        .summary("Exchange a refresh token for fresh tokens")
        .describe("A refresh token works once. Used again, it ends its session; only if the answer to it was lost, the same request gives the same successor for a few seconds.")
        .public()
        .limit(LimitClass::Public)
        .body::<RefreshRequest>()
        .answers::<TokensBody>(200, "Fresh tokens")
        .secret_answer()
        .problems(&[&codes::INVALID_REFRESH_TOKEN, &codes::SESSION_ENDED])
}

async fn handle(sessions: web::Data<dyn Sessions>, Json(request): Json<RefreshRequest>) -> Result<Json<TokensBody>, Problem> {
    Ok(Json(sessions.refresh(&request.refresh_token).await?.into()))
}
