use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::errors::Refusal;
use super::messages::{content, model_name, tool_spec};
use crate::Ask;
use crate::chat::{Message, Part, Role, ToolCall};

/// What the responses clients send. Nothing is kept: `store` has no effect, and what refers to an earlier response is refused.
#[derive(Deserialize, ToSchema)]
#[schema(as = OpenAiResponsesRequest)]
pub(super) struct ResponsesBody {
    /// `provider/model` or a model's name; `default` is the default one.
    pub(super) model: String,
    /// A text, or items.
    #[schema(value_type = Object)]
    input: Value,
    #[serde(default)]
    pub(super) instructions: Option<String>,
    #[serde(default)]
    pub(super) stream: Option<bool>,
    #[serde(default)]
    temperature: Option<f32>,
    #[serde(default)]
    max_output_tokens: Option<u32>,
    #[schema(value_type = Option<Vec<Object>>)]
    #[serde(default)]
    tools: Option<Vec<Value>>,
    #[schema(value_type = Option<Object>)]
    #[serde(default)]
    text: Option<Value>,
    #[schema(value_type = Object)]
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl ResponsesBody {
    /// The question in our words.
    pub(super) fn ask(&self) -> Result<Ask, Refusal> {
        for name in ["previous_response_id", "conversation"] {
            if self.others.get(name).is_some_and(|value| !value.is_null()) {
                return Err(Refusal::field(name, "Nothing is kept here: send all turns, or use /api/v1/llm/conversations."));
            }
        }
        if self.others.get("background").and_then(Value::as_bool) == Some(true) {
            return Err(Refusal::field("background", "Answers are given at once here."));
        }
        let mut messages: Vec<Message> = self.instructions.iter().map(|text| Message::text(Role::System, text.clone())).collect();
        messages.extend(items(&self.input)?);
        let format = self.text.as_ref().and_then(|text| text.get("format"));
        let schema = format.filter(|format| format.get("type").is_some_and(|kind| kind == "json_schema"));
        let tools = self.tools.iter().flatten().enumerate().map(|(index, tool)| tool_spec(index, Some(tool)));
        Ok(Ask {
            messages,
            model: model_name(&self.model),
            max_output_tokens: self.max_output_tokens,
            temperature: self.temperature,
            schema: schema.and_then(|format| format.get("schema")).cloned(),
            tools: tools.collect::<Result<_, _>>()?,
        })
    }
}

fn items(input: &Value) -> Result<Vec<Message>, Refusal> {
    let items = match input {
        Value::String(text) => return Ok(vec![Message::text(Role::User, text.clone())]),
        Value::Array(items) => items,
        _ => return Err(Refusal::field("input", "Expected a text or items.")),
    };
    let mut names: HashMap<String, String> = HashMap::new();
    let mut messages = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let at = format!("input.{index}");
        let text = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        match item.get("type").and_then(Value::as_str) {
            Some("message") | None => {
                let role = match item.get("role").and_then(Value::as_str) {
                    Some("system" | "developer") => Role::System,
                    Some("user") => Role::User,
                    Some("assistant") => Role::Assistant,
                    _ => return Err(Refusal::field(&format!("{at}.role"), "Expected developer, system, user or assistant.")),
                };
                messages.push(Message {
                    role,
                    parts: content(item.get("content").unwrap_or(&Value::Null), &format!("{at}.content"))?,
                });
            }
            Some("function_call") => {
                let arguments = serde_json::from_str(&text("arguments")).unwrap_or_else(|_| Value::String(text("arguments")));
                let call = ToolCall { id: text("call_id"), name: text("name"), arguments, signature: None };
                names.insert(call.id.clone(), call.name.clone());
                messages.push(Message { role: Role::Assistant, parts: vec![Part::ToolCall { call }] });
            }
            Some("function_call_output") => {
                let call_id = text("call_id");
                let name = names.get(&call_id).cloned().unwrap_or_default();
                let content = item.get("output").cloned().unwrap_or_default();
                messages.push(Message { role: Role::Tool, parts: vec![Part::ToolResult { call_id, name, content }] });
            }
            // Another model's thinking can't be carried over.
            Some("reasoning") => {}
            Some(_) => return Err(Refusal::field(&format!("{at}.type"), "Expected messages, function calls and their outputs.")),
        }
    }
    Ok(messages)
}
