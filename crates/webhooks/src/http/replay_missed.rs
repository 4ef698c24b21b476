use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use core_http::{Caller, LimitClass, Operation, Path, Problem, Query};
use core_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{Attempts, EndpointId, codes, permissions};

/// From when on.
#[derive(Deserialize, IntoParams)]
struct Since {
    /// What happened at or after this moment.
    #[param(example = "2026-01-16T14:40:00Z")]
    since: Timestamp,
}

/// What is sent again.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookReplay)]
struct ReplayView {
    /// How many messages.
    messages: u64,
    /// True: there are more; ask again.
    more: bool,
}

pub(super) fn operation() -> Operation {
    Operation::post("/endpoints/{id}/replay-missed", handle)
        .id("replay_missed_webhooks")
        .summary("Send again what a webhook endpoint missed")
        .describe(
            "Messages that failed to the end, or were called off since the endpoint was disabled, at most 200 at a time. The same bytes with the same \
             `webhook-id`. What came while it was disabled was never made into messages.",
        )
        .requires(&permissions::WRITE)
        .limit(LimitClass::Expensive)
        .query::<Since>()
        .answers::<ReplayView>(202, "They are sent in a moment")
        .problems(&[&codes::ENDPOINT_DISABLED])
}

async fn handle(
    caller: Caller,
    attempts: web::Data<dyn Attempts>,
    Path(id): Path<Uuid>,
    Query(query): Query<Since>,
) -> Result<HttpResponse, Problem> {
    let (messages, more) = attempts.replay_missed(&caller, EndpointId(id), query.since).await?;
    Ok(HttpResponse::build(StatusCode::ACCEPTED).json(ReplayView { messages, more }))
}
