use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::errors::Refusal;
use crate::Ask;
use crate::chat::{Message, Part, Role, ToolCall, ToolSpec};

/// What these clients send to be answered. Fields that have no meaning here are let through and have no effect.
#[derive(Deserialize, ToSchema)]
pub(super) struct ChatBody {
    /// `provider/model` or a model's name; `default` is the default one.
    pub(super) model: String,
    /// The turns.
    #[schema(value_type = Vec<Object>)]
    messages: Vec<Value>,
    #[serde(default)]
    pub(super) stream: Option<bool>,
    #[schema(value_type = Option<Object>)]
    #[serde(default)]
    pub(super) stream_options: Option<Value>,
    #[serde(default)]
    temperature: Option<f32>,
    #[serde(default)]
    max_tokens: Option<u32>,
    #[serde(default)]
    max_completion_tokens: Option<u32>,
    #[schema(value_type = Option<Vec<Object>>)]
    #[serde(default)]
    tools: Option<Vec<Value>>,
    #[schema(value_type = Option<Object>)]
    #[serde(default)]
    tool_choice: Option<Value>,
    #[schema(value_type = Option<Object>)]
    #[serde(default)]
    response_format: Option<Value>,
    #[serde(default)]
    n: Option<u32>,
    #[schema(value_type = Object)]
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl ChatBody {
    /// The question in our words.
    pub(super) fn ask(&self) -> Result<Ask, Refusal> {
        if self.n.is_some_and(|count| count != 1) {
            return Err(Refusal::field("n", "One answer at a time."));
        }
        if self.others.contains_key("functions") {
            return Err(Refusal::field("functions", "Use `tools`."));
        }
        let messages = read_messages(&self.messages)?;
        let tools = match &self.tool_choice {
            Some(choice) if choice == "none" => Vec::new(),
            _ => self
                .tools
                .iter()
                .flatten()
                .enumerate()
                .map(|(index, tool)| tool_spec(index, tool.get("function")))
                .collect::<Result<_, _>>()?,
        };
        Ok(Ask {
            messages,
            model: model_name(&self.model),
            max_output_tokens: self.max_completion_tokens.or(self.max_tokens),
            temperature: self.temperature,
            schema: schema(self.response_format.as_ref())?,
            tools,
        })
    }

    /// True when a stream is to end with its usage.
    pub(super) fn with_usage(&self) -> bool {
        self.stream_options.as_ref().and_then(|options| options.get("include_usage")).and_then(Value::as_bool).unwrap_or(false)
    }
}

/// The model that is named; `default` names none.
pub(super) fn model_name(name: &str) -> Option<String> {
    (name != "default").then(|| name.to_owned())
}

/// The schema of a format: `json_schema`, or any object for `json_object`.
fn schema(format: Option<&Value>) -> Result<Option<Value>, Refusal> {
    let Some(format) = format else { return Ok(None) };
    match format.get("type").and_then(Value::as_str) {
        Some("json_schema") => {
            let schema = format.pointer("/json_schema/schema").cloned();
            schema.map(Some).ok_or_else(|| Refusal::field("response_format.json_schema", "The schema is missing."))
        }
        Some("json_object") => Ok(Some(json!({ "type": "object" }))),
        Some("text") | None => Ok(None),
        Some(_) => Err(Refusal::field("response_format.type", "Expected `text`, `json_object` or `json_schema`.")),
    }
}

/// A function that may be called.
pub(super) fn tool_spec(index: usize, function: Option<&Value>) -> Result<ToolSpec, Refusal> {
    let text = |name: &str| function.and_then(|function| function.get(name)).and_then(Value::as_str).map(str::to_owned);
    let name = text("name").ok_or_else(|| Refusal::field(&format!("tools.{index}"), "Functions only, with a name."))?;
    let parameters = function.and_then(|function| function.get("parameters")).filter(|schema| schema.is_object()).cloned();
    Ok(ToolSpec {
        name,
        description: text("description").unwrap_or_default(),
        parameters: parameters.unwrap_or_else(|| json!({ "type": "object", "properties": {} })),
    })
}

fn read_messages(messages: &[Value]) -> Result<Vec<Message>, Refusal> {
    // Results name their call alone; other providers want the function's name too.
    let mut names: HashMap<String, String> = HashMap::new();
    let mut read = Vec::with_capacity(messages.len());
    for (index, message) in messages.iter().enumerate() {
        let at = |field: &str| format!("messages.{index}.{field}");
        let role = match message.get("role").and_then(Value::as_str) {
            Some("system" | "developer") => Role::System,
            Some("user") => Role::User,
            Some("assistant") => Role::Assistant,
            Some("tool") => Role::Tool,
            _ => return Err(Refusal::field(&at("role"), "Expected developer, system, user, assistant or tool.")),
        };
        let mut parts = content(message.get("content").unwrap_or(&Value::Null), &at("content"))?;
        if role == Role::Tool {
            let call_id = message.get("tool_call_id").and_then(Value::as_str);
            let call_id =
                call_id.ok_or_else(|| Refusal::field(&at("tool_call_id"), "Which call is it the result of?"))?.to_owned();
            let name = names.get(&call_id).cloned().unwrap_or_default();
            let text = crate::chat::joined_text(&parts);
            parts = vec![Part::ToolResult { call_id, name, content: Value::String(text) }];
        }
        for call in message.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
            let call = tool_call(call)
                .ok_or_else(|| Refusal::field(&at("tool_calls"), "A call has an id and a function with a name."))?;
            names.insert(call.id.clone(), call.name.clone());
            parts.push(Part::ToolCall { call });
        }
        read.push(Message { role, parts });
    }
    Ok(read)
}

fn tool_call(call: &Value) -> Option<ToolCall> {
    let arguments = call.pointer("/function/arguments").and_then(Value::as_str).unwrap_or("{}");
    Some(ToolCall {
        id: call.get("id")?.as_str()?.to_owned(),
        name: call.pointer("/function/name")?.as_str()?.to_owned(),
        arguments: serde_json::from_str(arguments).unwrap_or_else(|_| Value::String(arguments.to_owned())),
        signature: None,
    })
}

/// A text, or parts: texts and images as data URLs.
pub(super) fn content(content: &Value, at: &str) -> Result<Vec<Part>, Refusal> {
    match content {
        Value::Null => Ok(Vec::new()),
        Value::String(text) => Ok(vec![Part::text(text.clone())]),
        Value::Array(parts) => parts.iter().enumerate().map(|(index, part)| one_part(part, &format!("{at}.{index}"))).collect(),
        _ => Err(Refusal::field(at, "Expected a text or parts.")),
    }
}

fn one_part(part: &Value, at: &str) -> Result<Part, Refusal> {
    let text = |pointer: &str| part.pointer(pointer).and_then(Value::as_str);
    match text("/type") {
        Some("text" | "input_text" | "output_text") => Ok(Part::text(text("/text").unwrap_or_default())),
        Some("refusal") => Ok(Part::text(text("/refusal").unwrap_or_default())),
        Some("image_url" | "input_image") => {
            let url = text("/image_url/url").or_else(|| text("/image_url")).unwrap_or_default();
            let data = url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"));
            let (mime, data) =
                data.ok_or_else(|| Refusal::field(at, "Images as data URLs in base64; this server fetches none."))?;
            Ok(Part::Image { mime: mime.to_owned(), data: data.to_owned() })
        }
        _ => Err(Refusal::field(at, "Expected a text or an image.")),
    }
}
