use core_kernel::TraceContext;
use reqwest::header::HeaderValue;
use reqwest::{Request, RequestBuilder, Response};
use tracing::field::Empty;
use tracing::{Instrument, Span};

/// Sends a request as a piece of work of the present task's trace, if it has one. `told`: the target hears of it by `traceparent`.
///
/// Targets of the operator do: their servers can take part in the trace. Targets of users do not. The header would harm nobody,
/// it holds random numbers; but it would tell strangers which of their requests come from one piece of work, and nobody asked
/// for that.
pub(crate) async fn send(request: RequestBuilder, told: bool) -> reqwest::Result<Response> {
    let Some(cause) = TraceContext::current() else { return request.send().await };
    let (client, request) = request.build_split();
    let (mut request, trace) = (request?, cause.child());
    let span = span(&request, trace, told);
    if told && let Ok(value) = HeaderValue::try_from(trace.to_string()) {
        request.headers_mut().insert(TraceContext::HEADER, value);
    }
    let sent = client.execute(request).instrument(span.clone()).await;
    let status = sent.as_ref().ok().map(Response::status);
    span.record("http.response.status_code", status.map(|status| status.as_u16()));
    if status.is_none_or(|status| status.is_client_error() || status.is_server_error()) {
        span.record("otel.status_code", "ERROR");
    }
    sent
}

/// By OpenTelemetry's conventions for HTTP clients, but for `url.full`: paths and queries hold ids and keys. Which hosts users name
/// is their own affair too.
fn span(request: &Request, trace: TraceContext, told: bool) -> Span {
    let url = request.url();
    tracing::debug_span!(
        target: "egress",
        "call",
        otel.kind = "client",
        otel.name = %request.method(),
        otel.status_code = Empty,
        trace_id = %trace.trace_id(),
        span_id = %trace.span_id(),
        trace_flags = trace.flags(),
        http.request.method = %request.method(),
        server.address = url.host_str().filter(|_host| told),
        server.port = url.port_or_known_default().filter(|_port| told),
        http.response.status_code = Empty,
    )
}
