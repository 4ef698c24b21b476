use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::header::{self, HeaderMap};
use actix_web::http::{ConnectionType, Method};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest};
use core_kernel::Actor;
use futures_util::FutureExt;

use crate::context::RequestContext;
use crate::extract::{authenticate, refuse_unknown};
use crate::mount::MountedOperation;
use crate::{Access, Api, Freshness, LimitClass, Problem, RequestBody, body, codes, idempotency, limit};

/// Everything that an operation's row promises about who gets in and how long it may take.
pub(crate) async fn around(
    api: Arc<Api>,
    row: Arc<MountedOperation>,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let large = body::is_announced(request.headers())
        && body::announced_length(request.headers()).unwrap_or(row.max_body_bytes as u64)
            > api.settings().limits.max_body_bytes as u64;
    let mut response = within(api, row, request, next).await?;
    if large && !response.status().is_success() {
        // The connection has grown with the body, and would keep that memory while its client waits to try again.
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}

async fn within(
    api: Arc<Api>,
    row: Arc<MountedOperation>,
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let context = match RequestContext::of(request.request()) {
        Ok(context) => context,
        Err(problem) => return Ok(request.error_response(problem)),
    };
    let _first = context.operation.set(Arc::clone(&row));
    if let Err(problem) = admit(&context, &row, &mut request).await {
        return Ok(request.error_response(problem));
    }
    if *request.method() == Method::POST && request.headers().contains_key(idempotency::HEADER) {
        return Ok(idempotency::around(api, context, row, request, next).await);
    }
    Ok(run(&row, api.settings().limits.body_seconds, request, next).await)
}

/// Refuses what the row forbids, before anything is read or done.
async fn admit(context: &Rc<RequestContext>, row: &MountedOperation, request: &mut ServiceRequest) -> Result<(), Problem> {
    let operation = &row.operation;
    let class = operation.limit_class();
    if context.api.is_starting() && row.feature != crate::system::NAME {
        return Err(Problem::new(&codes::STARTING, "The server waits for its database.").with_retry_after(Duration::from_secs(2)));
    }
    match operation.access {
        Some(Access::Public) | None => limit::charge(context, request.request(), class, None).await?,
        Some(access) => admit_caller(context, row, access, request.request()).await?,
    }
    if !operation.any_query && !request.query_string().is_empty() {
        refuse_unknown(request.query_string(), |name| operation.query_names().any(|known| known == name))?;
    }
    admit_body(context, row, request).await
}

async fn admit_caller(
    context: &Rc<RequestContext>,
    row: &MountedOperation,
    access: Access,
    request: &HttpRequest,
) -> Result<(), Problem> {
    let freshness = if row.operation.dangerous { Freshness::Authoritative } else { Freshness::Recent };
    let known = authenticate(&context.api, request, freshness).await;
    let known =
        known.and_then(|actor| actor.ok_or_else(|| Problem::new(&codes::UNAUTHENTICATED, "The request carries no credential.")));
    let actor = match known {
        Ok(actor) => actor,
        Err(problem) => {
            // Guessing credentials costs the guesser's address.
            limit::charge(context, request, LimitClass::Public, None).await?;
            return Err(problem);
        }
    };
    limit::charge(context, request, row.operation.limit_class(), Some(&actor)).await?;
    if let Access::Requires(permission) = access
        && !context.api.facades_alone()
    {
        actor.require(permission)?;
    }
    if row.operation.dangerous {
        require_recent_login(&context.api, &actor)?;
    }
    *context.actor.borrow_mut() = Some(actor);
    Ok(())
}

/// Refuses a login that is too long ago for dangerous operations.
pub(crate) fn require_recent_login(api: &Api, actor: &Actor) -> Result<(), Problem> {
    let within = Duration::from_secs(api.settings().recent_login_seconds);
    let recent = actor.session.is_some_and(|session| api.ambient().now().since(session.auth_time) <= within);
    if recent {
        return Ok(());
    }
    let detail = format!("This operation asks for a login within the last {} seconds.", within.as_secs());
    Err(Problem::new(&codes::REAUTHENTICATION_REQUIRED, detail).with_extension("max_age", within.as_secs()))
}

async fn admit_body(context: &RequestContext, row: &MountedOperation, request: &mut ServiceRequest) -> Result<(), Problem> {
    if matches!(row.operation.body, RequestBody::None) || !body::is_announced(request.headers()) {
        return Ok(());
    }
    if let RequestBody::Raw(types) = row.operation.body {
        check_content_type(request.headers(), types)?;
    }
    let limit = body_limit(context, row, request.headers());
    let most = body::announced_length(request.headers()).unwrap_or(limit as u64);
    if most > limit as u64 {
        return Err(body::too_large(limit));
    }
    let limits = &context.api.settings().limits;
    let base = Duration::from_secs(limits.body_seconds);
    let place = if most > limits.max_body_bytes as u64 {
        Some(context.api.large_bodies().take(context.sender(request.request()), base).await?)
    } else {
        None
    };
    let payload = request.take_payload();
    request.set_payload(body::limited(payload, limit, base, place));
    Ok(())
}

/// The size that a row declares which takes forms is that of their files, which are read as a stream; JSON is held in memory.
fn body_limit(context: &RequestContext, row: &MountedOperation, headers: &HeaderMap) -> usize {
    let takes_forms = matches!(row.operation.body, RequestBody::Raw(types) if types.contains(&"multipart/form-data"));
    if takes_forms && essence(headers).eq_ignore_ascii_case("application/json") {
        return row.max_body_bytes.min(context.api.settings().limits.max_body_bytes);
    }
    row.max_body_bytes
}

/// The media type of the body without its parameters.
fn essence(headers: &HeaderMap) -> &str {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}

fn check_content_type(headers: &HeaderMap, types: &[&str]) -> Result<(), Problem> {
    let essence = essence(headers);
    if types.iter().any(|taken| *taken == "*/*" || taken.eq_ignore_ascii_case(essence)) {
        return Ok(());
    }
    Err(Problem::new(&codes::UNSUPPORTED_MEDIA_TYPE, format!("This operation takes {}.", types.join(", "))))
}

/// Runs the handler within its time; a panic, a late answer and a framework error become problems.
pub(crate) async fn run(
    row: &MountedOperation,
    body_seconds: u64,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> ServiceResponse<BoxBody> {
    let http = request.request().clone();
    let length = body::announced_length(request.headers()).unwrap_or(0);
    let reading = if length > 0 { body::allowance(Duration::from_secs(body_seconds), length) } else { Duration::ZERO };
    let work = AssertUnwindSafe(next.call(request)).catch_unwind();
    match tokio::time::timeout(row.timeout + reading, work).await {
        Ok(Ok(Ok(response))) if row.operation.foreign_errors => response,
        Ok(Ok(Ok(response))) => own_error(response),
        Ok(Ok(Err(error))) => {
            let problem = problem_of(&error);
            ServiceResponse::from_err(problem, http)
        }
        Ok(Err(_panic)) => {
            metrics::counter!("http_panics_total", "operation" => row.operation.id).increment(1);
            ServiceResponse::from_err(Problem::internal("a handler panicked"), http)
        }
        Err(_elapsed) => {
            let detail = format!("There was no answer within {} seconds.", row.timeout.as_secs());
            ServiceResponse::from_err(Problem::new(&codes::DEADLINE_EXCEEDED, detail), http)
        }
    }
}

/// Replaces the framework's own error, which is a text, by a problem.
fn own_error(response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let problem = match response.response().error() {
        Some(error) if error.as_error::<Problem>().is_none() => problem_of(error),
        _ => return response,
    };
    ServiceResponse::from_err(problem, response.request().clone())
}

fn problem_of(error: &Error) -> Problem {
    if let Some(payload) = error.as_error::<PayloadError>() {
        return body::problem(payload);
    }
    let status = error.as_response_error().status_code();
    if status.is_server_error() {
        return Problem::internal(error);
    }
    Problem::new(codes::of_status(status), "The request can't be served as it is.")
}
