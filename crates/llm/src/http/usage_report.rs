use actix_web::web;
use core_http::{Caller, Json, Operation, Problem, Query};
use core_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{Policies, UsageBy, UsageLine, codes, permissions};

/// Which usage.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct ReportQuery {
    /// From this moment on.
    #[param(value_type = String, example = "2026-01-01T00:00:00Z")]
    from: Timestamp,
    /// Before this one; at most 400 days later.
    #[param(value_type = String, example = "2026-02-01T00:00:00Z")]
    to: Timestamp,
    /// What each line is about.
    #[serde(default)]
    #[param(inline)]
    group_by: UsageBy,
}

/// What was used.
#[derive(Serialize, ToSchema)]
#[schema(as = LlmUsageReport)]
struct UsageReportView {
    lines: Vec<LineView>,
    /// ISO 4217.
    #[schema(example = "USD")]
    currency: &'static str,
}

/// A line of the report.
#[derive(Serialize, ToSchema)]
#[schema(as = LlmUsageLine)]
struct LineView {
    /// The day, `provider/model`, the purpose or the person.
    key: String,
    generations: i64,
    input_tokens: i64,
    output_tokens: i64,
    /// In millionths of the currency.
    cost_micros: i64,
}

impl From<UsageLine> for LineView {
    fn from(line: UsageLine) -> Self {
        Self {
            key: line.key,
            generations: line.generations,
            input_tokens: line.input_tokens,
            output_tokens: line.output_tokens,
            cost_micros: line.cost_micros,
        }
    }
}

pub(super) fn operation() -> Operation {
    Operation::get("/usage", handle)
        .id("llm_usage")
        .summary("What was used, by day, model, purpose or person")
        .describe("One's own usage in the space that is acted for; everybody's there for those who manage policies.")
        .requires(&permissions::READ)
        .query::<ReportQuery>()
        .answers::<UsageReportView>(200, "The lines by their key")
        .problems(&[&codes::INVALID])
}

async fn handle(
    caller: Caller,
    policies: web::Data<dyn Policies>,
    query: Query<ReportQuery>,
) -> Result<Json<UsageReportView>, Problem> {
    let query = query.into_inner();
    let lines = policies.usage(&caller, query.from, query.to, query.group_by).await?;
    Ok(Json(UsageReportView { lines: lines.into_iter().map(LineView::from).collect(), currency: "USD" }))
}
