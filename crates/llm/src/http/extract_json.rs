use core_http::{Caller, Json, Operation, Problem};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::error::LlmError;
use crate::json_tools::{Checker, Extracted, Repair, Violation, extract};
use crate::{codes, permissions};

/// A text, such as a model's reply.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ExtractRequest {
    #[schema(example = "Sure! {\"name\": \"Ada\",}")]
    text: String,
    /// JSON Schema that each document is held against.
    #[serde(default)]
    schema: Option<Value>,
}

/// What was mended in one of the documents.
#[derive(Serialize, ToSchema)]
struct RepairsOf {
    /// Which of `values`, from 0.
    value: usize,
    #[serde(flatten)]
    repair: Repair,
}

/// What one of the documents breaks.
#[derive(Serialize, ToSchema)]
struct ViolationsOf {
    /// Which of `values`, from 0.
    value: usize,
    #[serde(flatten)]
    violation: Violation,
}

/// What the text holds.
#[derive(Serialize, ToSchema)]
struct ExtractedJson {
    /// The text without marks of order, thinking and code fences.
    cleaned: String,
    /// Its objects and arrays in their order.
    values: Vec<Value>,
    /// Where each stands: bytes of `text` from and to.
    spans: Vec<[usize; 2]>,
    /// Everything that was mended.
    repairs: Vec<RepairsOf>,
    /// Everything that breaks the schema; empty without one.
    violations: Vec<ViolationsOf>,
}

pub(super) fn operation() -> Operation {
    Operation::post("/json/extract", handle)
        .id("extract_json")
        .summary("Take the JSON out of a text")
        .describe("No model is asked. What is nearly JSON is mended, and each repair is told.")
        .requires(&permissions::CHAT)
        .body::<ExtractRequest>()
        .answers::<ExtractedJson>(200, "What the text holds")
        .problems(&[&codes::INVALID, &codes::SCHEMA_INVALID])
}

async fn handle(caller: Caller, Json(body): Json<ExtractRequest>) -> Result<Json<ExtractedJson>, Problem> {
    caller.require(&permissions::CHAT).map_err(LlmError::from)?;
    let checker = body.schema.as_ref().map(Checker::new).transpose().map_err(LlmError::Schema)?;
    // Up to four megabytes of text: not on a thread that serves others.
    let text = body.text;
    let read = tokio::task::spawn_blocking(move || view(extract(&text), checker.as_ref())).await;
    read.map(Json).map_err(Problem::internal)
}

fn view(extracted: Extracted, checker: Option<&Checker>) -> ExtractedJson {
    let mut view = ExtractedJson {
        cleaned: extracted.cleaned,
        values: Vec::new(),
        spans: Vec::new(),
        repairs: Vec::new(),
        violations: Vec::new(),
    };
    for (value, found) in extracted.found.into_iter().enumerate() {
        view.repairs.extend(found.repairs.into_iter().map(|repair| RepairsOf { value, repair }));
        let violations = checker.map(|checker| checker.check(&found.value)).unwrap_or_default();
        view.violations.extend(violations.into_iter().map(|violation| ViolationsOf { value, violation }));
        view.spans.push([found.span.0, found.span.1]);
        view.values.push(found.value);
    }
    view
}
