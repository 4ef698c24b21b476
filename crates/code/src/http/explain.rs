use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use core_http::{Caller, Json, LimitClass, Operation, Problem, Streams};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::source::source;
use super::told::{Grounds, STREAM, apart, streamed};
use crate::{Told, Understanding, codes, permissions};

/// Source: `code`, or a file of a workspace.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ExplanationRequest {
    #[serde(default)]
    #[schema(example = "pub fn double(x: i32) -> i32 { x * 2 }")]
    code: Option<String>,
    #[serde(default)]
    workspace_id: Option<Uuid>,
    #[serde(default)]
    #[schema(example = "src/lib.rs")]
    path: Option<String>,
    #[serde(default)]
    language: Option<String>,
    /// What is asked in particular.
    #[serde(default)]
    question: Option<String>,
    /// `provider/model`; the default one where it is absent.
    #[serde(default)]
    model: Option<String>,
    /// True: the answer is an event stream.
    #[serde(default)]
    stream: bool,
}

/// The explanation and what it rests on.
#[derive(Serialize, ToSchema)]
struct CodeExplanation {
    explanation: String,
    #[serde(flatten)]
    grounds: Grounds,
}

pub(super) fn operation() -> Operation {
    Operation::post("/explain", handle)
        .id("explain_code")
        .summary("An explanation of source, with its places")
        .describe("By a language model where one is configured, else from the structure of the source (`provider` is `offline`).")
        .requires(&permissions::ASK)
        .limit(LimitClass::Expensive)
        .body::<ExplanationRequest>()
        .answers::<CodeExplanation>(200, "The explanation")
        .streams(STREAM)
        .problems(&[
            &codes::INVALID,
            &codes::UNKNOWN_LANGUAGE,
            &codes::TOO_LARGE,
            &codes::TOO_SLOW,
            &codes::NOT_FOUND,
            &codes::NOT_TEXT,
            &codes::SECRET_FILE,
        ])
}

async fn handle(
    request: HttpRequest,
    caller: Caller,
    understanding: web::Data<dyn Understanding>,
    streams: Streams,
    Json(body): Json<ExplanationRequest>,
) -> Result<HttpResponse, Problem> {
    caller.require(&permissions::ASK)?;
    let source = source(body.code, body.workspace_id, body.path, body.language)?;
    let understanding: Arc<dyn Understanding> = understanding.into_inner();
    let work = |steps| async move { understanding.explain_code(&caller, source, body.question, body.model, steps).await };
    if body.stream {
        return Ok(streamed(&streams, &request, |steps| work(Some(steps)), view));
    }
    Ok(HttpResponse::Ok().json(view(work(None).await?)))
}

fn view(told: Told) -> CodeExplanation {
    let (explanation, grounds) = apart(told);
    CodeExplanation { explanation, grounds }
}
