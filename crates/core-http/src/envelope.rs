use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse};
use core_kernel::TraceContext;
use tracing::field::Empty;
use tracing::{Instrument, Span};
use uuid::Uuid;

use crate::context::RequestContext;
use crate::mount::MountedOperation;
use crate::{Access, Api, Mode, Problem, RequestScope, codes, cors, limit};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

type Answer<B> = ServiceResponse<EitherBody<B>>;

/// What every request has around it: an id, a place in the log and the metrics, the headers of every answer, CORS.
pub(crate) async fn around<B: MessageBody + 'static>(
    api: Arc<Api>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<Answer<B>, Error> {
    if request.path() == "/livez" && matches!(*request.method(), Method::GET | Method::HEAD) {
        // Touches nothing, so that it tells about the process alone; and orchestrators ask often.
        let id = request_id(&api, &request);
        return Ok(request.into_response(alive(id)).map_into_right_body());
    }
    let started = Instant::now();
    let request_id = request_id(&api, &request);
    let cause = cause(request.headers());
    let trace = api.sampling().follow(cause);
    let context = RequestContext::new(request_id, trace, Arc::clone(&api));
    let method = request.method().clone();
    let origin = cors::allowed_origin(api.settings(), request.headers());
    let scope = RequestScope { id: request_id, public_url: api.public_url(), trace };
    let span = span(&context, cause, &method);
    let answer = scope.enter(answer(&api, &context, request, next, origin.clone()).instrument(span.clone())).await;
    let mut response = answer.inspect_err(|_unrouted| api.unmatched().record(500, started.elapsed()))?;
    let elapsed = started.elapsed();
    finish(&context, &mut response, origin, elapsed);
    note(&span, &context, &method, response.status());
    record(&context, &method, response.status(), elapsed);
    Ok(response)
}

/// What a well-formed `traceparent` says of the caller's work. It tells what belongs together, never who may do what. More than
/// one, or one that is none, counts as absent.
fn cause(headers: &HeaderMap) -> Option<TraceContext> {
    let mut sent = headers.get_all(TraceContext::HEADER);
    match (sent.next(), sent.next()) {
        (Some(value), None) => value.to_str().ok()?.parse().ok(),
        _ => None,
    }
}

/// For traces, by OpenTelemetry's conventions for HTTP servers. Below the usual level of logs, whose lines name the ids themselves:
/// a span that is on costs each request 2 microseconds.
fn span(context: &RequestContext, cause: Option<TraceContext>, method: &Method) -> Span {
    tracing::debug_span!(
        target: "http",
        "request",
        otel.kind = "server",
        otel.name = Empty,
        otel.status_code = Empty,
        trace_id = %context.trace.trace_id(),
        span_id = %context.trace.span_id(),
        trace_flags = context.trace.flags(),
        parent_span_id = cause.map(|cause| tracing::field::display(cause.span_id())),
        request_id = %context.request_id,
        operation = Empty,
        http.request.method = %method,
        http.route = Empty,
        http.response.status_code = Empty,
    )
}

/// Writes into the span what is known at its end. By the route's pattern, like everything that is kept of a request.
fn note(span: &Span, context: &RequestContext, method: &Method, status: StatusCode) {
    if span.is_disabled() {
        return;
    }
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    let Some(row) = context.operation.get() else {
        span.record("otel.name", "HTTP");
        return;
    };
    span.record("otel.name", format!("{method} {}", row.path));
    span.record("http.route", row.path.as_str());
    span.record("operation", row.operation.id);
}

async fn answer<B: MessageBody + 'static>(
    api: &Api,
    context: &Rc<RequestContext>,
    request: ServiceRequest,
    next: Next<B>,
    origin: Option<HeaderValue>,
) -> Result<Answer<B>, Error> {
    if cors::is_preflight(request.method(), request.headers()) {
        return Ok(request.into_response(cors::preflight(origin)).map_into_right_body());
    }
    if let Err(problem) = check_head(api, &request) {
        return Ok(request.error_response(problem).map_into_right_body());
    }
    request.extensions_mut().insert(Rc::clone(context));
    let response = next.call(request).await?;
    Ok(as_problem(context, response))
}

fn alive(request_id: Uuid) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((REQUEST_ID, id_value(request_id)))
        .insert_header((header::CONTENT_TYPE, HeaderValue::from_static("application/json")))
        .insert_header((header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
        .body("{\"status\":\"ok\"}")
}

/// A well-formed UUID that the client sent is kept, so that its log and ours name the request alike.
fn request_id(api: &Api, request: &ServiceRequest) -> Uuid {
    let sent = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let kept = sent.filter(|text| text.len() == 36).and_then(|text| Uuid::try_parse(text).ok());
    kept.unwrap_or_else(|| api.ambient().ids.next())
}

fn id_value(id: Uuid) -> HeaderValue {
    let mut buffer = Uuid::encode_buffer();
    HeaderValue::from_str(id.hyphenated().encode_lower(&mut buffer)).unwrap_or(HeaderValue::from_static(""))
}

fn check_head(api: &Api, request: &ServiceRequest) -> Result<(), Problem> {
    let limits = &api.settings().limits;
    if request.uri().path_and_query().is_some_and(|text| text.as_str().len() > limits.max_uri_bytes) {
        return Err(Problem::new(&codes::URI_TOO_LONG, format!("Path and query may have {} bytes.", limits.max_uri_bytes)));
    }
    let bytes: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if bytes > limits.max_header_bytes {
        return Err(Problem::new(&codes::HEADERS_TOO_LARGE, format!("The headers may have {} bytes.", limits.max_header_bytes)));
    }
    Ok(())
}

/// Replaces what the framework answers by itself (a text, or nothing) by a problem.
fn as_problem<B: MessageBody>(context: &RequestContext, response: ServiceResponse<B>) -> Answer<B> {
    let status = response.status();
    let foreign = context.operation.get().is_some_and(|row| row.operation.foreign_errors);
    if foreign || !(status.is_client_error() || status.is_server_error()) {
        return response.map_into_left_body();
    }
    let content_type = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    if content_type.is_some_and(|value| !value.starts_with(b"text/plain")) {
        return response.map_into_left_body();
    }
    let problem = Problem::new(codes::of_status(status), "The request can't be served as it is.");
    ServiceResponse::from_err(problem, response.request().clone()).map_into_right_body()
}

fn finish<B>(context: &RequestContext, response: &mut ServiceResponse<B>, origin: Option<HeaderValue>, elapsed: Duration) {
    let settings = context.api.settings();
    let row = context.operation.get();
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id_value(context.request_id));
    secure(headers);
    if settings.mode == Mode::Production {
        if settings.public_url.as_ref().is_some_and(|url| url.starts_with("https://")) {
            let value = HeaderValue::from_static("max-age=63072000; includeSubDomains");
            headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
        }
    } else if let Ok(timing) = HeaderValue::try_from(format!("total;dur={:.3}", elapsed.as_secs_f64() * 1000.0)) {
        headers.insert(HeaderName::from_static("server-timing"), timing);
    }
    cache(row.map(AsRef::as_ref), headers);
    if let Some(state) = context.limit.get() {
        limit::write_headers(state, headers);
    }
    if let Some(sunset) = row.and_then(|row| row.operation.sunset) {
        if let Ok(since) = HeaderValue::try_from(format!("@{}", sunset.deprecated_at)) {
            headers.insert(HeaderName::from_static("deprecation"), since);
        }
        headers.insert(HeaderName::from_static("sunset"), HeaderValue::from_static(sunset.sunset));
    }
    if !settings.cors_origins.is_empty() || settings.mode != Mode::Production {
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
    }
    if let Some(origin) = origin {
        cors::write_headers(origin, headers);
    }
    // Marks what must not be compressed (event streams); it means nothing to clients.
    if headers.get(header::CONTENT_ENCODING).is_some_and(|value| value == "identity") {
        headers.remove(header::CONTENT_ENCODING);
    }
}

fn secure(headers: &mut HeaderMap) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        let nothing = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
        headers.insert(header::CONTENT_SECURITY_POLICY, nothing);
    }
}

fn cache(row: Option<&MountedOperation>, headers: &mut HeaderMap) {
    let own = row.is_some_and(|row| row.operation.access != Some(Access::Public));
    if own {
        headers.append(header::VARY, HeaderValue::from_static("Authorization, X-Org-Id, Accept"));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(if own { "private, no-store" } else { "no-store" }));
    }
}

/// One line and one count for each request, by the route's pattern: raw paths and queries hold ids and secrets.
fn record(context: &RequestContext, method: &Method, status: StatusCode, elapsed: Duration) {
    let row = context.operation.get();
    row.map_or_else(|| context.api.unmatched(), |row| &row.metrics).record(status.as_u16(), elapsed);
    if context.api.settings().access_log {
        tracing::info!(
            target: "access",
            request_id = %context.request_id,
            trace_id = %context.trace.trace_id(),
            method = %method,
            route = row.map_or("-", |row| row.path.as_str()),
            operation = row.map_or("-", |row| row.operation.id),
            status = status.as_u16(),
            duration_ms = (elapsed.as_secs_f64() * 1_000_000.0).round() / 1000.0,
            "request"
        );
    }
}
