//! Traces and metrics as a collector gets them.

use mock_llm::{MockLlm, Protocol, Scenario};
use serde_json::json;

use crate::collector::{Collector, Point, Span, text_of};
use crate::program::{PASSWORD, Server, access, mail_to};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const UNSAMPLED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

async fn register(server: &Server, traceparent: &str) -> String {
    let registration = server.request("POST", "/api/v1/auth/register").header("traceparent", traceparent);
    let reply = registration.json(&json!({"email": "canary@example.com", "password": PASSWORD})).send().await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    access(&reply.json()["tokens"])
}

fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    spans.iter().find(|span| span.name == name && span.trace == TRACE).unwrap_or_else(|| panic!("no {name} among {spans:#?}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_and_its_job_arrive_in_the_trace_of_the_caller_and_hold_no_secrets() {
    let (folder, collector) = (tempfile::tempdir().unwrap(), Collector::start().await);
    let environment = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-team=bricks%20and%20mortar"),
        ("OTEL_SERVICE_NAME", "wall"),
        ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test,service.name=other"),
    ];
    let server = Server::start_with(folder.path(), &environment);
    register(&server, PARENT).await;
    mail_to(folder.path(), "canary@example.com", "").await;
    assert_eq!(server.stop(), Some(0), "what is left is handed out on the way");

    let spans = collector.spans();
    let request = named(&spans, "POST /api/v1/auth/register");
    assert_eq!((request.parent.as_str(), request.kind, request.failed), ("b7ad6b7169203331", 2, false));
    assert_eq!(request.attribute("http.route"), "/api/v1/auth/register");
    assert_eq!(request.attribute("http.response.status_code"), "201");
    let resource = ["service.name", "deployment.environment.name"].map(|name| text_of(&request.resource, name));
    assert_eq!(resource, ["wall", "test"]);
    let jobs: Vec<&Span> = spans.iter().filter(|span| span.trace == TRACE && span.kind == 5).collect();
    assert!(jobs.iter().any(|job| job.parent == request.id), "{spans:#?}");
    assert!(collector.heads().iter().all(|head| head.contains("x-team: bricks and mortar")));
    metrics(&collector);
    for secret in ["canary", PASSWORD, "Bearer"] {
        assert!(!collector.holds(secret), "{secret}");
    }
}

/// What the server counted before it stopped, in the buckets that Prometheus reads.
fn metrics(collector: &Collector) {
    let points = collector.points();
    let point = |name: &str, label: (&str, &str)| {
        let is = |point: &&Point| point.name == name && text_of(&point.attributes, label.0) == label.1;
        points.iter().find(is).unwrap_or_else(|| panic!("no {name} {label:?} among {points:#?}"))
    };
    let created = points.iter().filter(|point| text_of(&point.attributes, "operation") == "register");
    let created: Vec<_> =
        created.filter(|point| text_of(&point.attributes, "status") == "2xx").map(|point| point.count).collect();
    assert_eq!(created, [1]);
    let duration = point("http_request_duration_seconds", ("operation", "register"));
    assert_eq!((duration.count, duration.bounds[0], duration.bounds.len()), (1, 0.001, 12));
    point("jobs", ("state", "dead"));
    point("db_connections", ("pool", "writer"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_to_a_provider_carries_the_id_under_which_its_span_arrives() {
    let (folder, collector) = (tempfile::tempdir().unwrap(), Collector::start().await);
    let mock = MockLlm::start().await.unwrap();
    mock.play(Protocol::OpenAiChat, Scenario::Ok);
    let base = mock.base_url(Protocol::OpenAiChat);
    let environment = [
        ("OPENAI_API_KEY", "test"),
        ("OPENAI_BASE_URL", base.as_str()),
        ("APP__LLM__DEFAULT_MODEL", "openai/mock"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.as_str()),
    ];
    let server = Server::start_with(folder.path(), &environment);
    let token = register(&server, UNSAMPLED).await;
    let prompt = server.request("POST", "/api/v1/llm/prompt").header("traceparent", PARENT).bearer(&token);
    let reply = prompt.json(&json!({"prompt": "A canary sings"})).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(server.stop(), Some(0));

    let spans = collector.spans();
    let request = named(&spans, "POST /api/v1/llm/prompt");
    let call = named(&spans, "POST");
    // The provider was asked by an attempt, that by a generation, and that by the request.
    let above = |span: &Span| spans.iter().find(|other| other.id == span.parent).unwrap();
    let (attempt, asked) = (above(call), above(above(call)));
    assert_eq!((attempt.name.as_str(), asked.name.as_str()), ("chat mock", "chat mock"));
    assert_eq!(above(asked).id, request.id);
    let told = mock.requests()[0].header("traceparent").unwrap().to_owned();
    assert_eq!(told, format!("00-{TRACE}-{}-01", call.id));
    assert!(!collector.holds("canary") && !collector.holds(Scenario::TEXT), "what was said stays here");
    assert!(!spans.iter().any(|span| span.name.contains("register")), "the caller did not want that one recorded: {spans:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_switches_telemetry_or_a_part_of_it_off_sends_nothing_of_it() {
    let traces = [("OTEL_TRACES_SAMPLER", "always_off"), ("OTEL_METRICS_EXPORTER", "otlp")];
    let metrics = [("OTEL_TRACES_SAMPLER", "always_on"), ("OTEL_METRICS_EXPORTER", "none")];
    let all = [("OTEL_SDK_DISABLED", "TRUE"), ("OTEL_METRICS_EXPORTER", "otlp")];
    for (switches, spans, points) in [(traces, false, true), (metrics, true, false), (all, false, false)] {
        let (folder, collector) = (tempfile::tempdir().unwrap(), Collector::start().await);
        let server = Server::start_with(
            folder.path(),
            &[("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.as_str()), switches[0], switches[1]],
        );
        register(&server, PARENT).await;
        assert_eq!(server.stop(), Some(0));
        assert_eq!((!collector.spans().is_empty(), !collector.points().is_empty()), (spans, points), "{switches:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_is_away_or_has_no_address_keeps_nothing_from_working() {
    for endpoint in ["http://127.0.0.1:1", "collector:4317"] {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start_with(folder.path(), &[("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)]);
        register(&server, PARENT).await;
        assert_eq!(server.stop(), Some(0), "{endpoint}");
    }
}
