use std::collections::BTreeMap;

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpResponse, web};
use core_http::{Caller, Json, LimitClass, Operation, Problem};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::source::source;
use crate::{Citation, PromptAsk, Prompted, Redaction, Understanding, codes, permissions};

/// A named prompt about source: `code`, or a file of a workspace.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NamedCodePrompt)]
struct PromptRequest {
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
    /// `explain`, `summarise`, `review`, `document`, `test` or `refactor`.
    #[schema(example = "review")]
    template: String,
    /// Values of the template, such as `question`.
    #[serde(default)]
    variables: Option<BTreeMap<String, String>>,
    /// `provider/model`; the default one where it is absent.
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    max_output_tokens: Option<u32>,
}

/// The answer of the model, as `/llm/prompt` gives it, and what it rests on.
#[derive(Serialize, ToSchema)]
struct CodePromptAnswer {
    text: String,
    provider: String,
    model: String,
    /// As in `/llm/prompt`.
    #[schema(value_type = Object)]
    usage: Value,
    finish_reason: String,
    generation_id: Option<Uuid>,
    #[schema(value_type = Vec<Object>)]
    adjustments: Vec<Value>,
    /// The template with its version.
    #[schema(example = "code.review@1")]
    template: String,
    /// Places that the answer names and that are there.
    citations: Vec<Citation>,
    /// Places that the answer names and that are not there.
    unverified: Vec<String>,
    /// Secrets that were taken out before the source was sent.
    redactions: Vec<Redaction>,
}

const GENERATION_ID: HeaderName = HeaderName::from_static("brickwork-generation-id");

pub(super) fn operation() -> Operation {
    Operation::post("/prompt", handle)
        .id("code_with_prompt")
        .summary("Have a model work on source by a named prompt")
        .requires(&permissions::ASK)
        .limit(LimitClass::Expensive)
        .body::<PromptRequest>()
        .answers::<CodePromptAnswer>(200, "The answer")
        .problems(&[
            &codes::INVALID,
            &codes::UNKNOWN_TEMPLATE,
            &codes::UNKNOWN_LANGUAGE,
            &codes::TOO_LARGE,
            &codes::NOT_FOUND,
            &codes::NO_MODEL,
            &codes::SECRET_FILE,
        ])
}

async fn handle(
    caller: Caller,
    understanding: web::Data<dyn Understanding>,
    Json(body): Json<PromptRequest>,
) -> Result<HttpResponse, Problem> {
    let source = source(body.code, body.workspace_id, body.path, body.language)?;
    let ask = PromptAsk {
        template: body.template,
        variables: body.variables.unwrap_or_default(),
        model: body.model,
        max_output_tokens: body.max_output_tokens,
    };
    let prompted = understanding.code_with_prompt(&caller, source, ask).await?;
    let generation = prompted.answer.generation_id;
    let mut response = HttpResponse::Ok().json(CodePromptAnswer::from(prompted));
    if let Some(value) = generation.and_then(|id| HeaderValue::from_str(&id.to_string()).ok()) {
        response.headers_mut().insert(GENERATION_ID, value);
    }
    Ok(response)
}

impl From<Prompted> for CodePromptAnswer {
    fn from(prompted: Prompted) -> Self {
        let Prompted { answer, template: (name, version), citations, unverified, redactions } = prompted;
        Self {
            text: answer.text,
            provider: answer.provider,
            model: answer.model,
            usage: answer.usage,
            finish_reason: answer.finish_reason,
            generation_id: answer.generation_id,
            adjustments: answer.adjustments,
            template: format!("{name}@{version}"),
            citations,
            unverified,
            redactions,
        }
    }
}
