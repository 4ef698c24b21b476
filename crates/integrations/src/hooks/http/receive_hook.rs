use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE};
use actix_web::{Error, HttpRequest, HttpResponse, web};
use core_db::DbError;
use core_http::{LimitClass, Operation, Path, Problem};
use core_kernel::Secret;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::hooks::{Delivery, HookId, Hooks, HooksError, Receipt, codes};

/// The most bytes of a delivery: GitHub's own limit.
pub const MAX_BODY_BYTES: usize = 25 * 1024 * 1024;

const FORM: &str = "application/x-www-form-urlencoded";

/// What became of a delivery.
#[derive(Serialize, ToSchema)]
struct ReceiptView {
    /// `accepted`, `duplicate`, `pong` or `handshake`.
    #[schema(example = "accepted")]
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<Uuid>,
}

pub(super) fn operation() -> Operation {
    Operation::post("/{hook_id}", handle)
        .id("receive_incoming_hook")
        .summary("Where providers send to")
        .describe(
            "The proof is checked on the bytes as they come. What came before, by its id or by its bytes, is answered 200 and nothing is done. \
             GitHub's ping and Notion's handshake are answered too.",
        )
        .public()
        // A provider sends for everybody from a few addresses.
        .limit(LimitClass::Read)
        .any_query()
        .raw_body(&["application/json", FORM])
        .max_body_bytes(MAX_BODY_BYTES)
        .answers::<ReceiptView>(202, "It is stored and published")
        .answers::<ReceiptView>(200, "There was nothing to store")
        .problems(&[&codes::NOT_PROVEN, &codes::NOT_READABLE])
}

async fn handle(
    hooks: web::Data<dyn Hooks>,
    Path(id): Path<Uuid>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Error> {
    // Nobody fills the memory by sending to hooks that are not there.
    if !hooks.exists(HookId(id)).await.map_err(Problem::from)? {
        return Err(Problem::from(HooksError::from(DbError::NotFound)).into());
    }
    let body = payload.to_bytes_limited(MAX_BODY_BYTES).await.map_err(|_over| actix_web::error::PayloadError::Overflow)??;
    let receipt = hooks.receive(HookId(id), Delivery { body, ..headers(&request) }).await.map_err(Problem::from)?;
    let (status, code, event_id) = match receipt {
        Receipt::Accepted(event) => ("accepted", StatusCode::ACCEPTED, Some(event.get())),
        Receipt::Duplicate => ("duplicate", StatusCode::OK, None),
        Receipt::Pong => ("pong", StatusCode::OK, None),
        Receipt::Handshake => ("handshake", StatusCode::OK, None),
    };
    Ok(HttpResponse::build(code).json(ReceiptView { status, event_id }))
}

/// The headers that count. One that is no text is one that is not there.
fn headers(request: &HttpRequest) -> Delivery {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let essence = header(CONTENT_TYPE.as_str()).unwrap_or_default();
    Delivery {
        form: essence.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(FORM),
        github_signature: header("x-hub-signature-256"),
        github_event: header("x-github-event"),
        github_delivery: header("x-github-delivery"),
        notion_signature: header("x-notion-signature"),
        jira_signature: header("x-hub-signature"),
        jira_identifier: header("x-atlassian-webhook-identifier"),
        authorization: header(AUTHORIZATION.as_str()).map(Secret::new),
        ..Delivery::default()
    }
}
