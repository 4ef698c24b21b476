//! The operations that every API has by itself: health, its document, the problem catalogue.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::json_response;
use crate::readiness::{self, CheckReport};
use crate::{Api, Json, LimitClass, Mount, Operation, Path, Problem, codes, pages};

pub(crate) const NAME: &str = "system";

pub(crate) fn mounts() -> Vec<Mount> {
    vec![
        Mount::root("/livez", vec![livez()]),
        Mount::root("/readyz", vec![readyz()]),
        Mount::root("/problems", pages::operations()),
        Mount::root("/docs", pages::docs()),
        Mount::root("/api/openapi.json", vec![openapi("get_openapi_alias")]),
        Mount::api("openapi.json", vec![openapi("get_openapi")]),
    ]
}

/// The process runs.
#[derive(Serialize, ToSchema)]
struct Alive {
    /// Always `ok`.
    status: &'static str,
}

fn livez() -> Operation {
    Operation::get("", || async { Json(Alive { status: "ok" }) })
        .id("get_liveness")
        .summary("Whether the process runs")
        .describe("Touches nothing else; restart the process when it does not answer.")
        .public()
        .limit(LimitClass::Unlimited)
        .any_query()
        .answers::<Alive>(200, "It runs")
}

/// The server can take requests.
#[derive(Serialize, ToSchema)]
struct Ready {
    /// `ok`, or `degraded` when a check that is not critical fails.
    status: &'static str,
    /// Every check.
    checks: Vec<CheckReport>,
}

fn readyz() -> Operation {
    Operation::get("", get_readiness)
        .id("get_readiness")
        .summary("Whether the server can take requests")
        .describe("503 while the server stops or a critical check fails; the problem then lists the `checks` too.")
        .public()
        .limit(LimitClass::Unlimited)
        .any_query()
        .answers::<Ready>(200, "It can")
        .problems(&[&codes::SHUTTING_DOWN, &codes::STARTING, &codes::UNAVAILABLE])
}

pub(crate) async fn get_readiness(api: web::Data<Api>) -> Result<HttpResponse, Problem> {
    if api.is_draining() {
        return Err(
            Problem::new(&codes::SHUTTING_DOWN, "The server is about to stop.").with_extension("checks", Vec::<String>::new())
        );
    }
    if api.is_starting() {
        let nothing = Vec::<String>::new();
        return Err(Problem::new(&codes::STARTING, "The server waits for its database.").with_extension("checks", nothing));
    }
    let checks = readiness::reports(&api).await;
    if checks.iter().any(CheckReport::is_fatal) {
        let checks = serde_json::to_value(&checks).unwrap_or_default();
        return Err(Problem::new(&codes::UNAVAILABLE, "A critical check fails.").with_extension("checks", checks));
    }
    let status = if checks.iter().any(CheckReport::has_failed) { "degraded" } else { "ok" };
    Ok(json_response(StatusCode::OK, &Ready { status, checks }))
}

/// An OpenAPI 3.1 document.
#[derive(ToSchema)]
#[schema(value_type = Object)]
#[expect(dead_code, reason = "stands for a document that has its own specification")]
struct OpenApiDocument(serde_json::Value);

fn openapi(id: &'static str) -> Operation {
    Operation::get("", |api: web::Data<Api>| async move {
        HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, HeaderValue::from_static("application/json")))
            .insert_header((header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")))
            .body(api.openapi_json())
    })
    .id(id)
    .summary("The OpenAPI document of this API")
    .public()
    .any_query()
    .answers::<OpenApiDocument>(200, "OpenAPI 3.1")
}

/// The admin listener's operations: metrics, and health that outlives the public listener.
pub(crate) fn admin(
    cfg: &mut web::ServiceConfig,
    api: &Arc<Api>,
    metrics: Option<metrics_exporter_prometheus::PrometheusHandle>,
) {
    cfg.app_data(web::Data::from(Arc::clone(api)));
    cfg.route("/livez", web::get().to(|| async { Json(Alive { status: "ok" }) }));
    cfg.route("/readyz", web::get().to(get_readiness));
    cfg.route(
        "/metrics",
        web::get().to(move || {
            let text = metrics.as_ref().map(metrics_exporter_prometheus::PrometheusHandle::render);
            async move {
                let text = text.ok_or_else(|| Problem::new(&codes::UNAVAILABLE, "Metrics are not recorded in this process."))?;
                let version = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
                Ok::<_, Problem>(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, version)).body(text))
            }
        }),
    );
}

/// The tail of a path.
pub(crate) type Tail = Path<String>;
