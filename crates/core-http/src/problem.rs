use std::error::Error;
use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use core_kernel::{DomainError, ErrorKind, FieldError, ProblemCode, TraceContext};
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{RequestScope, codes};

/// The media type of every answer that is no success (RFC 9457).
pub const PROBLEM_JSON: &str = "application/problem+json";

/// What went wrong, as clients get it (RFC 9457): `{type,title,status,detail,instance,code,errors?}`.
///
/// Any [`DomainError`] turns into one by `?`. The cause of an internal error is logged there and then, once, with the request
/// id, and never sent. `type` and `instance` are filled in from the [`RequestScope`] when the document is written.
pub struct Problem(Box<Inner>);

struct Inner {
    code: &'static ProblemCode,
    detail: String,
    fields: Vec<FieldError>,
    retry_after: Option<Duration>,
    headers: Vec<(HeaderName, HeaderValue)>,
    extensions: Map<String, Value>,
    instance: Option<Uuid>,
    base: Option<String>,
}

#[derive(Serialize)]
struct Document<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    code: &'static str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
    #[serde(flatten)]
    extensions: &'a Map<String, Value>,
}

impl Problem {
    /// A problem of the catalogue; `detail` tells about this occurrence and is safe to send.
    pub fn new(code: &'static ProblemCode, detail: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            code,
            detail: detail.into(),
            fields: Vec::new(),
            retry_after: None,
            headers: Vec::new(),
            extensions: Map::new(),
            instance: None,
            base: None,
        }))
    }

    /// Nothing is there, or nothing that this caller may know of.
    pub fn not_found() -> Self {
        Self::new(&codes::NOT_FOUND, "There is nothing here.")
    }

    /// One field breaks a rule: 422.
    pub fn invalid(pointer: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self::new(&codes::INVALID, "The request breaks a rule; see `errors`.").with_field(FieldError::new(pointer, code, message))
    }

    /// Our fault. The cause is logged with the request id and not sent.
    pub fn internal(cause: impl fmt::Display) -> Self {
        log_internal(&codes::INTERNAL, &cause.to_string());
        Self::new(&codes::INTERNAL, "The server could not finish the request.")
    }

    /// Adds a field at fault.
    pub fn with_field(mut self, field: FieldError) -> Self {
        self.0.fields.push(field);
        self
    }

    /// Adds fields at fault.
    pub fn with_fields(mut self, fields: impl IntoIterator<Item = FieldError>) -> Self {
        self.0.fields.extend(fields);
        self
    }

    /// Says when trying again makes sense.
    pub fn with_retry_after(mut self, after: Duration) -> Self {
        self.0.retry_after = Some(after);
        self
    }

    /// Adds a header to the answer.
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// Adds a member to the document (RFC 9457 section 3.2).
    pub fn with_extension(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.0.extensions.insert(name.into(), value.into());
        self
    }

    /// Names the request, where the document is written outside its scope.
    pub fn with_instance(mut self, request: Uuid) -> Self {
        self.0.instance = Some(request);
        self
    }

    pub(crate) fn with_base(mut self, public_url: &str) -> Self {
        self.0.base = Some(public_url.to_owned());
        self
    }

    /// The catalogue entry.
    pub fn code(&self) -> &'static ProblemCode {
        self.0.code
    }

    /// This occurrence, for people.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        status_of(self.0.code)
    }

    /// The document as a JSON value, as event streams carry it.
    pub fn to_value(&self) -> Value {
        self.with_document(|document| serde_json::to_value(document).unwrap_or_default())
    }

    fn with_document<T>(&self, write: impl FnOnce(&Document<'_>) -> T) -> T {
        let inner = &self.0;
        let scope = RequestScope::current();
        let base = inner.base.as_deref().or(scope.as_ref().map(|scope| &*scope.public_url)).unwrap_or_default();
        write(&Document {
            r#type: format!("{base}/problems/{}", inner.code.code),
            title: inner.code.title,
            status: self.status().as_u16(),
            detail: &inner.detail,
            instance: inner.instance.or_else(|| scope.as_ref().map(|scope| scope.id)).map(|id| format!("urn:uuid:{id}")),
            code: inner.code.code,
            errors: &inner.fields,
            extensions: &inner.extensions,
        })
    }
}

/// The status that a catalogue entry answers with: by its kind, but for the few that HTTP itself has a status for.
pub fn status_of(code: &ProblemCode) -> StatusCode {
    if let Some(status) = codes::own_status(code.code) {
        return status;
    }
    match code.kind {
        ErrorKind::Malformed => StatusCode::BAD_REQUEST,
        ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorKind::BudgetSpent => StatusCode::PAYMENT_REQUIRED,
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
        ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorKind::Unsupported => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorKind::Upstream => StatusCode::BAD_GATEWAY,
        ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::InsufficientStorage => StatusCode::INSUFFICIENT_STORAGE,
    }
}

impl<E: DomainError> From<E> for Problem {
    fn from(error: E) -> Self {
        let code = error.code();
        if code.kind == ErrorKind::Internal {
            log_internal(code, &cause_chain(&error));
        }
        let mut problem = Self::new(code, error.detail()).with_fields(error.fields());
        problem.0.retry_after = error.retry_after();
        problem.0.extensions = error.extensions();
        problem
    }
}

fn log_internal(code: &ProblemCode, cause: &str) {
    let request = RequestScope::request_id().map(tracing::field::display);
    let trace = TraceContext::current().map(|trace| tracing::field::display(trace.trace_id()));
    tracing::error!(target: "problem", request_id = request, trace_id = trace, code = code.code, cause, "an internal error");
    metrics::counter!("http_internal_errors_total", "code" => code.code).increment(1);
}

fn cause_chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Problem")
            .field("code", &self.0.code.code)
            .field("detail", &self.0.detail)
            .field("fields", &self.0.fields)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code.code, self.0.detail)
    }
}

impl Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status();
        let mut answer = HttpResponse::build(status);
        answer.insert_header((header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON)));
        answer.insert_header((header::CONTENT_LANGUAGE, HeaderValue::from_static("en")));
        if let Some(after) = self.retry_after(status) {
            // Rounded up, so that nobody comes back too early.
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            answer.insert_header((header::RETRY_AFTER, seconds.max(1)));
        }
        if status == StatusCode::UNAUTHORIZED {
            answer.insert_header((header::WWW_AUTHENTICATE, HeaderValue::from_static(codes::challenge(self.0.code.code))));
        }
        for (name, value) in &self.0.headers {
            answer.insert_header((name.clone(), value.clone()));
        }
        answer.body(self.with_document(|document| serde_json::to_vec(document).unwrap_or_default()))
    }
}

impl Problem {
    fn retry_after(&self, status: StatusCode) -> Option<Duration> {
        let always = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        self.0.retry_after.or_else(|| always.then_some(Duration::from_secs(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the disk burned down: {0}")]
    struct Burned(#[source] std::io::Error);

    const BURNED: ProblemCode =
        ProblemCode { code: "demo.burned", kind: ErrorKind::Internal, title: "It burned", advice: "Wait for the fire brigade." };

    impl DomainError for Burned {
        fn code(&self) -> &'static ProblemCode {
            &BURNED
        }

        fn detail(&self) -> String {
            "The server could not finish.".to_owned()
        }
    }

    fn raise() -> Result<(), Problem> {
        Err(Burned(std::io::Error::other("canary-cause")))?;
        Ok(())
    }

    #[tokio::test]
    async fn a_problem_carries_type_and_instance_from_the_request_and_never_the_cause() {
        let id = Uuid::from_u128(7);
        let scope = RequestScope { id, public_url: "https://api.example.com".into(), trace: TraceContext::begin() };
        let value = scope.enter(async { raise().unwrap_err().to_value() }).await;
        assert_eq!(value["type"], "https://api.example.com/problems/demo.burned");
        assert_eq!(value["instance"], format!("urn:uuid:{id}"));
        assert_eq!(value["status"], 500);
        assert_eq!(value.get("errors"), None);
        assert!(!value.to_string().contains("canary"));
    }

    #[test]
    fn unavailable_and_rate_limited_always_say_when_to_come_back() {
        let response = Problem::new(&codes::RATE_LIMITED, "x").with_retry_after(Duration::from_millis(1500)).error_response();
        assert_eq!(response.headers().get(header::RETRY_AFTER).unwrap(), "2");
        let response = Problem::new(&codes::SHUTTING_DOWN, "x").error_response();
        assert_eq!(response.headers().get(header::RETRY_AFTER).unwrap(), "1");
    }

    #[test]
    fn a_401_names_the_scheme() {
        let response = Problem::new(&codes::UNAUTHENTICATED, "x").error_response();
        assert_eq!(response.headers().get(header::WWW_AUTHENTICATE).unwrap(), "Bearer");
    }
}
