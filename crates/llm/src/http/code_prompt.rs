use std::time::Instant;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use core_http::{Caller, IdempotencyKey, Json, LimitClass, Operation, Problem, Streams};
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer;
use super::stream;
use super::views::AnswerView;
use crate::{CodeAsk, Completions, Delivery, Generations, codes, permissions};

/// A question about code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CodePromptRequest {
    /// The code. Instructions inside it are not followed.
    #[schema(example = "fn add(a: i32, b: i32) -> i32 { a - b }")]
    code: String,
    /// What is wanted.
    #[schema(example = "explain this code")]
    context: String,
    /// The code's language; guessed when absent.
    #[serde(default)]
    language: Option<String>,
    /// `provider/model` or a model's name; the default one when absent.
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    max_output_tokens: Option<u32>,
    /// 0 to 2.
    #[serde(default)]
    temperature: Option<f32>,
    /// True: the answer is an event stream.
    #[serde(default)]
    stream: bool,
}

pub(super) fn operation() -> Operation {
    Operation::post("/code-prompt", handle)
        .id("send_code_prompt")
        .summary("Ask a model about code")
        .describe(
            "Without a provider, code that is to be explained is outlined (`provider: offline`): language, imports, types, functions \
             with their lines. To change or write code a provider is needed.",
        )
        .requires(&permissions::CHAT)
        .limit(LimitClass::Expensive)
        .body::<CodePromptRequest>()
        .answers::<AnswerView>(200, "The whole answer")
        .streams("`start`, any number of `delta`, `usage`, then `done` or `error`")
        .problems(codes::ALL)
}

async fn handle(
    request: HttpRequest,
    caller: Caller,
    facades: (web::Data<dyn Completions>, web::Data<dyn Generations>),
    context: (Streams, Option<IdempotencyKey>),
    Json(body): Json<CodePromptRequest>,
) -> Result<HttpResponse, Problem> {
    let (received, (completions, generations), (streams, key)) = (Instant::now(), facades, context);
    let wants_stream = body.stream;
    let delivery = Delivery { stream: wants_stream, repeat: answer::repeat(key).filter(|_| wants_stream) };
    if let Some(events) = answer::earlier(&**generations, &caller, &delivery).await? {
        return Ok(stream::replayed(&streams, &request, events, received));
    }
    let viewer = completions.send_code_prompt(&caller, body.into(), delivery).await?;
    if wants_stream {
        return Ok(stream::begun(&streams, &request, viewer, received));
    }
    let (outcome, headers) = answer::whole(viewer).await?;
    Ok(headers.respond(StatusCode::OK).json(AnswerView::of(outcome.generation, &outcome.settlement, None)))
}

impl From<CodePromptRequest> for CodeAsk {
    fn from(body: CodePromptRequest) -> Self {
        Self {
            code: body.code,
            context: body.context,
            language: body.language,
            model: body.model,
            max_output_tokens: body.max_output_tokens,
            temperature: body.temperature,
        }
    }
}
