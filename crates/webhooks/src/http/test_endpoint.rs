use std::time::Duration;

use actix_web::web;
use core_http::{Caller, Json, LimitClass, Operation, Path, Problem, Query};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::view::AttemptView;
use crate::{EndpointId, Endpoints, codes, permissions};

/// What to send.
#[derive(Deserialize, IntoParams)]
struct TestQuery {
    /// The type whose example is sent; left out: `webhook.test`.
    #[serde(default)]
    event_type: Option<String>,
}

pub(super) fn operation() -> Operation {
    Operation::post("/endpoints/{id}/test", handle)
        .id("test_webhook_endpoint")
        .summary("Send something to a webhook endpoint now")
        .describe(
            "Sent once, signed, whether the endpoint is enabled or not; the answer says how it went. It is listed among the attempts and \
             does not count as a failure of the endpoint.",
        )
        .requires(&permissions::WRITE)
        .limit(LimitClass::Expensive)
        .timeout(Duration::from_secs(45))
        .query::<TestQuery>()
        .answers::<AttemptView>(200, "How it went")
        .problems(&[&codes::INVALID])
}

async fn handle(
    caller: Caller,
    endpoints: web::Data<dyn Endpoints>,
    Path(id): Path<Uuid>,
    Query(query): Query<TestQuery>,
) -> Result<Json<AttemptView>, Problem> {
    let attempt = endpoints.test(&caller, EndpointId(id), query.event_type.as_deref()).await?;
    Ok(Json(AttemptView::from(attempt)))
}
