use actix_web::{HttpResponse, web};
use core_http::{Caller, Json, LimitClass, Operation, Problem};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::chat_completions::{arguments, model};
use super::created;
use super::errors::Refusal;
use super::responses_items::ResponsesBody;
use super::responses_stream;
use crate::chat::{FinishReason, Partial, ToolCall};
use crate::{Completions, Delivery, GenerationId, permissions};

/// A response as these clients read it.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = OpenAiResponse)]
pub(super) struct Response {
    id: String,
    object: &'static str,
    created_at: u64,
    status: &'static str,
    model: String,
    #[schema(value_type = Vec<Object>)]
    output: Vec<Value>,
    #[schema(value_type = Option<Object>)]
    error: Value,
    #[schema(value_type = Option<Object>)]
    incomplete_details: Value,
    instructions: Option<String>,
    #[schema(value_type = Option<Object>)]
    usage: Value,
    #[schema(value_type = Object)]
    metadata: Value,
    parallel_tool_calls: bool,
    tool_choice: &'static str,
    #[schema(value_type = Vec<Object>)]
    tools: Vec<Value>,
    temperature: Option<f32>,
    top_p: Option<f32>,
    store: bool,
}

impl Response {
    /// One that has just begun.
    pub(super) fn begun(generation: GenerationId, name: String) -> Self {
        Self {
            id: format!("resp_{}", generation.get().as_simple()),
            object: "response",
            created_at: created(generation.get()),
            status: "in_progress",
            model: name,
            output: Vec::new(),
            error: Value::Null,
            incomplete_details: Value::Null,
            instructions: None,
            usage: Value::Null,
            metadata: json!({}),
            parallel_tool_calls: true,
            tool_choice: "auto",
            tools: Vec::new(),
            temperature: None,
            top_p: None,
            store: false,
        }
    }

    /// The same at its end.
    pub(super) fn ended(mut self, answer: &Partial, finish: &FinishReason, usage: Value) -> Self {
        let reason = match finish {
            FinishReason::Length => Some("max_output_tokens"),
            FinishReason::ContentFilter => Some("content_filter"),
            _ => None,
        };
        self.status = if reason.is_some() { "incomplete" } else { "completed" };
        self.incomplete_details = reason.map_or(Value::Null, |reason| json!({ "reason": reason }));
        self.usage = usage;
        if !answer.text.is_empty() {
            self.output.push(message_item(&self.id, &answer.text, "completed"));
        }
        self.output.extend(answer.tool_calls.iter().map(call_item));
        self
    }

    /// The same when it failed.
    pub(super) fn failed(mut self, error: &Value) -> Self {
        self.status = "failed";
        let text = |name: &str| error.pointer(&format!("/error/{name}")).cloned().unwrap_or_default();
        self.error = json!({ "code": text("code"), "message": text("message") });
        self
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn status(&self) -> &'static str {
        self.status
    }
}

pub(super) fn message_item(response: &str, text: &str, status: &str) -> Value {
    let content =
        if status == "completed" { vec![json!({ "type": "output_text", "text": text, "annotations": [] })] } else { Vec::new() };
    json!({ "type": "message", "id": format!("msg_{response}"), "role": "assistant", "status": status, "content": content })
}

pub(super) fn call_item(call: &ToolCall) -> Value {
    json!({
        "type": "function_call", "id": format!("fc_{}", call.id), "call_id": call.id, "name": call.name, "arguments": arguments(call),
        "status": "completed",
    })
}

pub(super) fn usage(input: u64, output: u64, cached: u64, reasoning: u64) -> Value {
    json!({
        "input_tokens": input, "input_tokens_details": { "cached_tokens": cached }, "output_tokens": output,
        "output_tokens_details": { "reasoning_tokens": reasoning }, "total_tokens": input + output,
    })
}

pub(super) fn operation() -> Operation {
    Operation::post("/responses", handle)
        .id("openai_responses")
        .summary("Responses, for OpenAI's client libraries; nothing is kept")
        .requires(&permissions::CHAT)
        .limit(LimitClass::Expensive)
        .body::<ResponsesBody>()
        .answers::<Response>(200, "The response")
        .streams("Events from `response.created` to `response.completed`, `response.incomplete` or `response.failed`")
        .problems(crate::codes::ALL)
}

async fn handle(
    caller: Caller,
    completions: web::Data<dyn Completions>,
    body: Result<Json<ResponsesBody>, Problem>,
) -> HttpResponse {
    match answer(&caller, &**completions, body).await {
        Ok(response) => response,
        Err(refusal) => refusal.respond(),
    }
}

async fn answer(
    caller: &Caller,
    completions: &dyn Completions,
    body: Result<Json<ResponsesBody>, Problem>,
) -> Result<HttpResponse, Refusal> {
    let Json(body) = body?;
    let stream = body.stream.unwrap_or(false);
    let viewer = completions.chat_session(caller, body.ask()?, Delivery { stream, repeat: None }).await?;
    if stream {
        return Ok(responses_stream::respond(viewer));
    }
    let outcome = viewer.outcome().await.ok_or(crate::LlmError::Plain(&crate::codes::INTERRUPTED))?;
    let settled = &outcome.settlement;
    if let Some(failure) = &settled.failure {
        return Err(Refusal::from(failure));
    }
    let begun = Response::begun(outcome.generation, model(settled.provider.as_deref(), settled.model.as_deref()));
    let begun = Response { instructions: body.instructions, ..begun };
    let counted = usage(settled.usage.input, settled.usage.output, settled.usage.input_cached, settled.usage.output_reasoning);
    let finish = settled.finish.clone().unwrap_or(FinishReason::Stop);
    Ok(HttpResponse::Ok().json(begun.ended(&settled.answer, &finish, counted)))
}
