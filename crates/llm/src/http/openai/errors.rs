use actix_web::http::StatusCode;
use actix_web::{HttpResponse, HttpResponseBuilder};
use core_http::Problem;
use core_kernel::{DomainError, ErrorKind};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::error::{Failure, LlmError, codes};

/// An error as these clients read it, and our code where our problems have it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OpenaiErrorBody)]
pub(super) struct ErrorBody {
    error: ErrorDetail,
    code: String,
}

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OpenaiError)]
struct ErrorDetail {
    message: String,
    /// The class, such as `invalid_request_error`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The field at fault.
    param: Option<String>,
    code: String,
}

/// An error in the form of these clients.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    retry_after: Option<u64>,
    // In a box: it travels in the results of many small functions.
    body: Box<ErrorBody>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, message: &str, param: Option<&str>, code: &str) -> Self {
        let kind = match status.as_u16() {
            401 | 403 => "authentication_error",
            402 => "insufficient_quota",
            429 => "rate_limit_error",
            400..=499 => "invalid_request_error",
            _ => "server_error",
        };
        let (message, param) = (message.to_owned(), param.map(str::to_owned));
        let error = ErrorDetail { message, kind, param, code: code.to_owned() };
        // Their libraries read `error`; who reads our problems finds the code where it always is.
        Self { status, retry_after: None, body: Box::new(ErrorBody { error, code: code.to_owned() }) }
    }

    /// A field that can't be used.
    pub(super) fn field(param: &str, message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message, Some(param), "invalid_value")
    }

    pub(super) fn respond(self) -> HttpResponse {
        let mut response = HttpResponseBuilder::new(self.status);
        if let Some(seconds) = self.retry_after {
            response.insert_header(("retry-after", seconds.to_string()));
        }
        response.json(self.body)
    }

    /// The document.
    pub(super) fn into_body(self) -> Value {
        serde_json::to_value(self.body).unwrap_or_default()
    }
}

/// The status and code that these clients know best for ours.
fn known(error: &dyn DomainError) -> (StatusCode, &'static str) {
    let code = error.code();
    match (code.kind, code.code) {
        (_, known) if known == codes::MODEL_UNKNOWN.code => (StatusCode::NOT_FOUND, "model_not_found"),
        (_, known) if known == codes::CONTEXT_OVERFLOW.code => (StatusCode::BAD_REQUEST, "context_length_exceeded"),
        (_, known) if known == codes::BUDGET_EXHAUSTED.code => (StatusCode::PAYMENT_REQUIRED, "insufficient_quota"),
        (ErrorKind::RateLimited, _) => (StatusCode::TOO_MANY_REQUESTS, "rate_limit_exceeded"),
        // Their 422 means something else; what breaks a rule is 400 there.
        (ErrorKind::Invalid | ErrorKind::Malformed, code) => (StatusCode::BAD_REQUEST, code),
        (_, _) => (core_http::status_of(code), code.code),
    }
}

fn refusal(error: &dyn DomainError) -> Refusal {
    let (status, code) = known(error);
    let fields = error.fields();
    let param = fields.first().map(|field| field.pointer.trim_start_matches('/').replace('/', "."));
    let message = fields.first().map_or_else(|| error.detail(), |field| format!("{} {}", error.detail(), field.message));
    let mut refusal = Refusal::new(status, &message, param.as_deref(), code);
    refusal.retry_after = error.retry_after().map(|wait| wait.as_secs().max(1));
    refusal
}

impl From<LlmError> for Refusal {
    fn from(error: LlmError) -> Self {
        refusal(&error)
    }
}

impl From<&Failure> for Refusal {
    fn from(failure: &Failure) -> Self {
        refusal(failure)
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        let status =
            if problem.status() == StatusCode::UNPROCESSABLE_ENTITY { StatusCode::BAD_REQUEST } else { problem.status() };
        let document = problem.to_value();
        let field = document.pointer("/errors/0");
        let param = field
            .and_then(|field| field.get("pointer"))
            .and_then(Value::as_str)
            .map(|text| text.trim_start_matches('/').replace('/', "."));
        let message = field.and_then(|field| field.get("message")).and_then(Value::as_str).unwrap_or(problem.detail());
        Self::new(status, message, param.as_deref(), problem.code().code)
    }
}
