use std::time::Instant;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use core_http::{Caller, IdempotencyKey, Json, LimitClass, Operation, Problem, Streams};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::answer;
use super::stream;
use super::views::AnswerView;
use crate::chat::{Message, Role};
use crate::{Ask, Completions, Delivery, Generations, codes, permissions};

/// One prompt.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PromptRequest {
    #[schema(example = "Explain ownership in Rust in two sentences.")]
    prompt: String,
    /// `provider/model` or a model's name; the default one when absent.
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    max_output_tokens: Option<u32>,
    /// 0 to 2.
    #[serde(default)]
    temperature: Option<f32>,
    /// JSON Schema that the answer should satisfy.
    #[serde(default)]
    schema: Option<Value>,
    /// True: the answer is an event stream.
    #[serde(default)]
    stream: bool,
}

pub(super) fn operation() -> Operation {
    Operation::post("/prompt", handle)
        .id("send_prompt")
        .summary("Ask a model one thing")
        .describe("The generation is stopped when the client leaves.")
        .requires(&permissions::CHAT)
        .limit(LimitClass::Expensive)
        .body::<PromptRequest>()
        .answers::<AnswerView>(200, "The whole answer")
        .streams("`start`, any number of `delta`, `usage`, then `done` or `error`")
        .problems(codes::ALL)
}

async fn handle(
    request: HttpRequest,
    caller: Caller,
    facades: (web::Data<dyn Completions>, web::Data<dyn Generations>),
    context: (Streams, Option<IdempotencyKey>),
    Json(body): Json<PromptRequest>,
) -> Result<HttpResponse, Problem> {
    let (received, (completions, generations), (streams, key)) = (Instant::now(), facades, context);
    let delivery = Delivery { stream: body.stream, repeat: answer::repeat(key).filter(|_| body.stream) };
    if let Some(events) = answer::earlier(&**generations, &caller, &delivery).await? {
        return Ok(stream::replayed(&streams, &request, events, received));
    }
    let (wants_stream, schema) = (body.stream, body.schema.clone());
    let viewer = completions.send_prompt(&caller, body.into(), delivery).await?;
    if wants_stream {
        return Ok(stream::begun(&streams, &request, viewer, received));
    }
    let (outcome, headers) = answer::whole(viewer).await?;
    Ok(headers.respond(StatusCode::OK).json(AnswerView::of(outcome.generation, &outcome.settlement, schema.as_ref())))
}

impl From<PromptRequest> for Ask {
    fn from(body: PromptRequest) -> Self {
        Self {
            messages: vec![Message::text(Role::User, body.prompt)],
            model: body.model,
            max_output_tokens: body.max_output_tokens,
            temperature: body.temperature,
            schema: body.schema,
            tools: Vec::new(),
        }
    }
}
