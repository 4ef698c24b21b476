use actix_web::{HttpResponse, web};
use core_http::{Caller, Json, LimitClass, Operation, Problem};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::chat_stream;
use super::created;
use super::errors::Refusal;
use super::messages::ChatBody;
use crate::chat::{FinishReason, ToolCall};
use crate::{Completions, Delivery, Outcome, UsageReport, permissions};

/// An answer as these clients read it.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiChatCompletion)]
struct ChatCompletion {
    id: String,
    object: &'static str,
    created: u64,
    model: String,
    #[schema(value_type = Vec<Object>)]
    choices: Vec<Value>,
    #[schema(value_type = Object)]
    usage: Value,
}

pub(super) fn operation() -> Operation {
    Operation::post("/chat/completions", handle)
        .id("openai_chat_completions")
        .summary("Chat completions, for OpenAI's client libraries")
        .describe("Set the client's base URL to `{server}/openai/v1` and its key to an API key of this server with the scope `llm:chat`.")
        .requires(&permissions::CHAT)
        .limit(LimitClass::Expensive)
        .body::<ChatBody>()
        .answers::<ChatCompletion>(200, "The answer")
        .streams("Chunks, then `[DONE]`")
        .problems(crate::codes::ALL)
}

async fn handle(caller: Caller, completions: web::Data<dyn Completions>, body: Result<Json<ChatBody>, Problem>) -> HttpResponse {
    match answer(&caller, &**completions, body).await {
        Ok(response) => response,
        Err(refusal) => refusal.respond(),
    }
}

async fn answer(
    caller: &Caller,
    completions: &dyn Completions,
    body: Result<Json<ChatBody>, Problem>,
) -> Result<HttpResponse, Refusal> {
    let Json(body) = body?;
    let (ask, stream) = (body.ask()?, body.stream.unwrap_or(false));
    let viewer = completions.chat_session(caller, ask, Delivery { stream, repeat: None }).await?;
    if stream {
        return Ok(chat_stream::respond(viewer, body.with_usage()));
    }
    let outcome = viewer.outcome().await;
    let outcome = outcome.ok_or(crate::LlmError::Plain(&crate::codes::INTERRUPTED))?;
    if let Some(failure) = &outcome.settlement.failure {
        return Err(Refusal::from(failure));
    }
    Ok(HttpResponse::Ok().json(whole(&outcome)))
}

fn whole(outcome: &Outcome) -> ChatCompletion {
    let settled = &outcome.settlement;
    let answer = &settled.answer;
    let content = if answer.text.is_empty() { Value::Null } else { json!(answer.text) };
    let mut message = json!({ "role": "assistant", "content": content, "refusal": null });
    if let Some(fields) = message.as_object_mut() {
        if !answer.reasoning.is_empty() {
            fields.insert("reasoning_content".to_owned(), json!(answer.reasoning));
        }
        if !answer.tool_calls.is_empty() {
            fields.insert("tool_calls".to_owned(), answer.tool_calls.iter().map(call).collect());
        }
    }
    let finish = settled.finish.as_ref().map_or("stop", finish_word);
    ChatCompletion {
        id: format!("chatcmpl-{}", outcome.generation),
        object: "chat.completion",
        created: created(outcome.generation.get()),
        model: model(settled.provider.as_deref(), settled.model.as_deref()),
        choices: vec![json!({ "index": 0, "message": message, "finish_reason": finish, "logprobs": null })],
        usage: usage(settled.usage.input, settled.usage.output, settled.usage.input_cached, settled.usage.output_reasoning),
    }
}

pub(super) fn model(provider: Option<&str>, model: Option<&str>) -> String {
    format!("{}/{}", provider.unwrap_or_default(), model.unwrap_or_default())
}

pub(super) fn call(call: &ToolCall) -> Value {
    let function = json!({ "name": call.name, "arguments": arguments(call) });
    json!({ "id": call.id, "type": "function", "function": function })
}

/// Arguments as a text, which is what these clients parse.
pub(super) fn arguments(call: &ToolCall) -> String {
    call.arguments.as_str().map_or_else(|| call.arguments.to_string(), str::to_owned)
}

/// A reason that these clients know.
pub(super) fn finish_word(finish: &FinishReason) -> &'static str {
    match finish {
        FinishReason::Length => "length",
        FinishReason::ToolCalls => "tool_calls",
        FinishReason::ContentFilter => "content_filter",
        FinishReason::Stop | FinishReason::Cancelled | FinishReason::Other(_) => "stop",
    }
}

pub(super) fn usage(input: u64, output: u64, cached: u64, reasoning: u64) -> Value {
    json!({
        "prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output,
        "prompt_tokens_details": { "cached_tokens": cached }, "completion_tokens_details": { "reasoning_tokens": reasoning },
    })
}

pub(super) fn reported(report: &UsageReport) -> Value {
    usage(report.input_tokens, report.output_tokens, 0, 0)
}
