//! What the three operations that make something have in common.

use actix_web::{HttpRequest, HttpResponse, Responder};
use core_http::{Created, IdempotencyKey, Json};
use core_kernel::{FieldError, ProblemCode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{Made, OperationKey, Plan, codes};

/// Whether to make it.
#[derive(Deserialize, IntoParams)]
pub(super) struct How {
    /// `true`: makes nothing, and answers what would be sent.
    dry_run: Option<bool>,
}

impl How {
    pub(super) fn is_dry(&self) -> bool {
        self.dry_run == Some(true)
    }
}

/// What would be sent, and what was found on the way.
#[derive(Serialize, ToSchema)]
#[schema(as = IntegrationPlan)]
pub(super) struct PlanView {
    /// False: it can't be sent so, see `findings`.
    sendable: bool,
    requests: Vec<RequestView>,
    findings: Vec<FindingView>,
}

/// A request that would be sent.
#[derive(Serialize, ToSchema)]
#[schema(as = PlannedRequest)]
struct RequestView {
    method: String,
    url: String,
    /// Credentials are redacted.
    #[schema(value_type = Object)]
    headers: std::collections::BTreeMap<String, String>,
    #[schema(value_type = Option<Object>)]
    body: Option<Value>,
}

/// Something that was found before anything is sent.
#[derive(Serialize, ToSchema)]
#[schema(as = IntegrationFinding)]
struct FindingView {
    /// `error` or `note`.
    level: &'static str,
    /// Of errors a problem code.
    code: String,
    message: String,
    #[schema(value_type = Vec<Object>)]
    errors: Vec<FieldError>,
    /// What else there is to know, such as `choices`.
    #[schema(value_type = Object)]
    more: Map<String, Value>,
}

impl From<Plan> for PlanView {
    fn from(plan: Plan) -> Self {
        let request =
            |own: crate::PlannedRequest| RequestView { method: own.method, url: own.url, headers: own.headers, body: own.body };
        let finding = |own: crate::Finding| FindingView {
            level: own.level,
            code: own.code,
            message: own.message,
            errors: own.errors,
            more: own.more,
        };
        Self {
            sendable: plan.findings.iter().all(|finding| finding.level != "error"),
            requests: plan.requests.into_iter().map(request).collect(),
            findings: plan.findings.into_iter().map(finding).collect(),
        }
    }
}

/// Either answer.
pub(super) enum Answered<T> {
    Plan(PlanView),
    Made(Uuid, T),
}

impl<T: From<Value>> Answered<T> {
    pub(super) fn made(made: Made) -> Self {
        Self::Made(made.operation.get(), T::from(made.result))
    }
}

impl<T: Serialize> Responder for Answered<T> {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        match self {
            Self::Plan(plan) => Json(plan).respond_to(request),
            Self::Made(id, body) => Created::at(format!("/api/v1/integrations/operations/{id}"), body).respond_to(request),
        }
    }
}

/// The caller's key as the ledger takes it. Under it an operation is made once for ever, not for the day that answers are kept.
pub(super) fn key(header: Option<IdempotencyKey>) -> Option<OperationKey> {
    header.map(|header| OperationKey { scope: header.scope, key: header.key })
}

/// What the three may answer.
pub(super) const PROBLEMS: &[&ProblemCode] = &[
    &codes::INVALID,
    &codes::NO_CONNECTION,
    &codes::AMBIGUOUS_CONNECTION,
    &codes::RECONNECT_NEEDED,
    &codes::PROVIDER_FORBIDS,
    &codes::TARGET_NOT_FOUND,
    &codes::PROVIDER_REFUSES,
    &codes::PROVIDER_LIMIT,
    &codes::PROVIDER_UNAVAILABLE,
    &codes::OUTCOME_UNKNOWN,
    &codes::OPERATION_RUNNING,
    &codes::KEY_REUSED,
];

/// How the three work.
pub(super) const DESCRIPTION: &str = "With `Idempotency-Key` it is made once, however often it is asked for: what was sent before is looked for \
at the provider before anything is sent again. `?dry_run=true` makes nothing and answers the requests that would be sent with everything that \
was found on the way. What is left out comes from the connection's settings.";
