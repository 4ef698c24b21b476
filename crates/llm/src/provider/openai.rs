use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::json::{Loose as _, arguments, parse};
use super::openai_dialect::{OpenAiDialect, SchemaForm, ThinkFilter};
use super::vectors::{EmbedRequest, Embeddings};
use super::wire::in_band;
use super::{Mode, ModelError, StreamDecoder, Wire, WireRequest};
use crate::chat::{ChatRequest, Delta, Evidence, FinishReason, Message, ModelEvent, Part, Role, ToolCall, Usage, joined_text};

/// OpenAI chat completions (platform.openai.com/docs/api-reference/chat), and every server that speaks them: vLLM, llama.cpp,
/// LM Studio, OpenRouter and others.
#[derive(Clone, Copy, Debug)]
pub struct OpenAiChat {
    /// What is particular about the server.
    pub dialect: &'static OpenAiDialect,
}

impl Default for OpenAiChat {
    fn default() -> Self {
        Self { dialect: OpenAiDialect::OPENAI }
    }
}

impl Wire for OpenAiChat {
    fn kind(&self) -> &'static str {
        "openai"
    }

    fn key_header(&self) -> (&'static str, &'static str) {
        ("authorization", "Bearer ")
    }

    fn encode(&self, request: &ChatRequest, mode: Mode) -> WireRequest {
        let mut body = Map::new();
        body.insert("model".to_owned(), json!(request.model));
        let told = request.schema.as_ref().filter(|_| self.dialect.schema != SchemaForm::JsonSchema).map(schema_in_words);
        body.insert("messages".to_owned(), told.into_iter().chain(request.messages.iter().flat_map(encode_message)).collect());
        if mode == Mode::Stream {
            body.insert("stream".to_owned(), json!(true));
            if self.dialect.stream_options {
                body.insert("stream_options".to_owned(), json!({ "include_usage": true }));
            }
        }
        if let Some(limit) = request.max_output_tokens {
            body.insert(self.dialect.limit_field.to_owned(), json!(limit));
        }
        if let Some(temperature) = request.temperature {
            body.insert("temperature".to_owned(), json!(temperature));
        }
        // Not `strict`: that dialect refuses many schemas, and the answer is checked here anyway.
        let format = request.schema.as_ref().and_then(|schema| match self.dialect.schema {
            SchemaForm::JsonSchema => {
                Some(json!({ "type": "json_schema", "json_schema": { "name": "answer", "schema": schema } }))
            }
            SchemaForm::JsonObject => Some(json!({ "type": "json_object" })),
            SchemaForm::Words => None,
        });
        body.extend(format.map(|format| ("response_format".to_owned(), format)));
        if !request.tools.is_empty() {
            let tools = request.tools.iter().map(|tool| {
                let function = json!({ "name": tool.name, "description": tool.description, "parameters": tool.parameters });
                json!({ "type": "function", "function": function })
            });
            body.insert("tools".to_owned(), tools.collect());
        }
        WireRequest { path: "chat/completions".to_owned(), body: Value::Object(body) }
    }

    fn decode(&self, body: &[u8]) -> Result<Vec<ModelEvent>, ModelError> {
        let document = parse(body)?;
        if let Some(error) = in_band(&document) {
            return Err(error);
        }
        let Some(choice) = document.list("/choices").first() else {
            return Err(ModelError::protocol("it has no choices"));
        };
        let mut events = vec![identity(&document)];
        let message = choice.get("message").unwrap_or(&Value::Null);
        let mut thinking = self.dialect.inline_thinking.then(ThinkFilter::default);
        events.extend(text_deltas(message).flat_map(|event| without_thinking(&mut thinking, event)));
        events.extend(thinking.iter_mut().flat_map(|filter| shares(filter.end())));
        let calls = message.list("/tool_calls").iter().enumerate().map(|(index, call)| ToolCall {
            id: call.text("/id").map_or_else(|| format!("call_{index}"), str::to_owned),
            name: call.text("/function/name").unwrap_or_default().to_owned(),
            arguments: arguments(call.text("/function/arguments").unwrap_or_default()),
            signature: None,
        });
        let before = events.len();
        events.extend(calls.map(|call| ModelEvent::Delta(Delta::ToolCall(call))));
        let called = events.len() > before;
        events.extend(document.get("usage").and_then(usage).map(ModelEvent::Usage));
        let refused = message.text("/refusal").is_some();
        events.push(ModelEvent::Finished(evidence(choice.text("/finish_reason"), called, refused)));
        Ok(events)
    }

    fn stream_decoder(&self) -> Box<dyn StreamDecoder> {
        Box::new(ChunkDecoder { thinking: self.dialect.inline_thinking.then(ThinkFilter::default), ..ChunkDecoder::default() })
    }

    fn encode_embeddings(&self, request: &EmbedRequest) -> Option<WireRequest> {
        Some(encode_embeddings(request))
    }

    fn decode_embeddings(&self, body: &[u8]) -> Result<Embeddings, ModelError> {
        decode_embeddings(body)
    }
}

pub(super) fn encode_embeddings(request: &EmbedRequest) -> WireRequest {
    let mut body = json!({ "model": request.model, "input": request.texts, "encoding_format": "float" });
    if let (Some(fields), Some(dimensions)) = (body.as_object_mut(), request.dimensions) {
        fields.insert("dimensions".to_owned(), json!(dimensions));
    }
    WireRequest { path: "embeddings".to_owned(), body }
}

pub(super) fn decode_embeddings(body: &[u8]) -> Result<Embeddings, ModelError> {
    let document = parse(body)?;
    let mut rows: Vec<&Value> = document.list("/data").iter().collect();
    rows.sort_by_key(|row| row.number("/index"));
    let vectors = rows.into_iter().map(|row| Embeddings::vector(row.get("embedding").unwrap_or(&Value::Null)));
    let input_tokens = document.pointer("/usage/prompt_tokens").and_then(Value::as_u64);
    Ok(Embeddings { vectors: vectors.collect::<Result<_, _>>()?, input_tokens })
}

fn schema_in_words(schema: &Value) -> Value {
    let text = format!("Answer with one JSON document and nothing else. It satisfies this JSON Schema:\n{schema}");
    json!({ "role": "system", "content": text })
}

/// The event, its thinking taken out where the server leaves it in the text.
fn without_thinking(filter: &mut Option<ThinkFilter>, event: ModelEvent) -> Vec<ModelEvent> {
    match (filter, event) {
        (Some(filter), ModelEvent::Delta(Delta::Text(text))) => shares(filter.push(&text)),
        (_, event) => vec![event],
    }
}

fn shares((text, thinking): (String, String)) -> Vec<ModelEvent> {
    let said = [Delta::Reasoning(thinking), Delta::Text(text)].into_iter();
    let empty = |delta: &Delta| matches!(delta, Delta::Text(text) | Delta::Reasoning(text) if text.is_empty());
    said.filter(|delta| !empty(delta)).map(ModelEvent::Delta).collect()
}

fn encode_message(message: &Message) -> Vec<Value> {
    let results = message.parts.iter().filter_map(|part| match part {
        Part::ToolResult { call_id, content, .. } => {
            let content = content.as_str().map_or_else(|| content.to_string(), str::to_owned);
            Some(json!({ "role": "tool", "tool_call_id": call_id, "content": content }))
        }
        _ => None,
    });
    let mut encoded: Vec<Value> = results.collect();
    if message.role == Role::Tool {
        return encoded;
    }
    let mut fields = Map::new();
    fields.insert("role".to_owned(), json!(message.role.as_str()));
    let images = message.parts.iter().any(|part| matches!(part, Part::Image { .. }));
    let text = joined_text(&message.parts);
    let calls: Vec<Value> = message.parts.iter().filter_map(encode_call).collect();
    let content = match (images, text.is_empty() && !calls.is_empty()) {
        (true, _) => message.parts.iter().filter_map(encode_part).collect(),
        (false, true) => Value::Null,
        (false, false) => json!(text),
    };
    fields.insert("content".to_owned(), content);
    if !calls.is_empty() {
        fields.insert("tool_calls".to_owned(), json!(calls));
    }
    encoded.push(Value::Object(fields));
    encoded
}

fn encode_call(part: &Part) -> Option<Value> {
    let Part::ToolCall { call } = part else { return None };
    let arguments = call.arguments.as_str().map_or_else(|| call.arguments.to_string(), str::to_owned);
    Some(json!({ "id": call.id, "type": "function", "function": { "name": call.name, "arguments": arguments } }))
}

fn encode_part(part: &Part) -> Option<Value> {
    match part {
        Part::Text { text } => Some(json!({ "type": "text", "text": text })),
        Part::Image { mime, data } => {
            Some(json!({ "type": "image_url", "image_url": { "url": format!("data:{mime};base64,{data}") } }))
        }
        Part::Reasoning { .. } | Part::ToolCall { .. } | Part::ToolResult { .. } => None,
    }
}

fn identity(document: &Value) -> ModelEvent {
    let field = |pointer| document.text(pointer).filter(|text| !text.is_empty()).map(str::to_owned);
    ModelEvent::Identity { model: field("/model"), response_id: field("/id") }
}

/// Text and thinking of a message or a delta. The thinking has two names among compatible servers and some send both.
fn text_deltas(message: &Value) -> impl Iterator<Item = ModelEvent> {
    let reasoning = message.text("/reasoning_content").or_else(|| message.text("/reasoning"));
    let text = message.text("/content").into_iter().chain(message.text("/refusal"));
    let reasoning = reasoning.into_iter().filter(|text| !text.is_empty()).map(|text| Delta::Reasoning(text.to_owned()));
    let text = text.filter(|text| !text.is_empty()).map(|text| Delta::Text(text.to_owned()));
    reasoning.chain(text).map(ModelEvent::Delta).collect::<Vec<_>>().into_iter()
}

fn usage(usage: &Value) -> Option<Usage> {
    usage.as_object()?;
    Some(Usage {
        input: usage.number("/prompt_tokens"),
        input_cached: usage.number("/prompt_tokens_details/cached_tokens"),
        input_cache_write: usage.number("/prompt_tokens_details/cache_write_tokens"),
        output: usage.number("/completion_tokens"),
        output_reasoning: usage.number("/completion_tokens_details/reasoning_tokens"),
        raw: usage.clone(),
    })
}

/// `refusal` replaces the content and finishes with `stop`; a named tool may finish with `stop` as well.
fn evidence(word: Option<&str>, called: bool, refused: bool) -> Evidence {
    let finish = match word {
        _ if refused => FinishReason::ContentFilter,
        Some("stop") if called => FinishReason::ToolCalls,
        Some("stop") => FinishReason::Stop,
        Some("length") => FinishReason::Length,
        Some("tool_calls" | "function_call") => FinishReason::ToolCalls,
        Some("content_filter") => FinishReason::ContentFilter,
        Some(other) => FinishReason::Other(other.to_owned()),
        None => FinishReason::Other("unspecified".to_owned()),
    };
    Evidence::seen(finish, word.map(str::to_owned))
}

/// Reads `chat.completion.chunk` events. Evidence is a finish reason or `[DONE]`.
#[derive(Debug, Default)]
struct ChunkDecoder {
    calls: BTreeMap<u64, Fragments>,
    identified: bool,
    finish: Option<String>,
    refused: bool,
    done: bool,
    thinking: Option<ThinkFilter>,
}

#[derive(Debug, Default)]
struct Fragments {
    id: String,
    name: String,
    arguments: String,
}

impl ChunkDecoder {
    fn fragment(&mut self, call: &Value) {
        let fragments = self.calls.entry(call.number("/index")).or_default();
        fragments.id.push_str(call.text("/id").unwrap_or_default());
        fragments.name.push_str(call.text("/function/name").unwrap_or_default());
        fragments.arguments.push_str(call.text("/function/arguments").unwrap_or_default());
    }
}

impl StreamDecoder for ChunkDecoder {
    fn event(&mut self, data: &str, out: &mut Vec<ModelEvent>) -> Result<(), ModelError> {
        if data.trim() == "[DONE]" {
            self.done = true;
            return Ok(());
        }
        let document = parse(data.as_bytes())?;
        if let Some(error) = in_band(&document) {
            return Err(error);
        }
        if !self.identified && document.text("/id").is_some_and(|id| !id.is_empty()) {
            self.identified = true;
            out.push(identity(&document));
        }
        // One choice is ever asked for; filter annotations come as choices without a delta.
        for choice in document.list("/choices").iter().filter(|choice| choice.number("/index") == 0) {
            let delta = choice.get("delta").unwrap_or(&Value::Null);
            out.extend(text_deltas(delta).flat_map(|event| without_thinking(&mut self.thinking, event)));
            self.refused |= delta.text("/refusal").is_some_and(|text| !text.is_empty());
            for call in delta.list("/tool_calls") {
                self.fragment(call);
            }
            if let Some(word) = choice.text("/finish_reason") {
                self.finish = Some(word.to_owned());
            }
        }
        out.extend(document.get("usage").and_then(usage).map(ModelEvent::Usage));
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.done
    }

    fn end(&mut self, out: &mut Vec<ModelEvent>) {
        if !self.done && self.finish.is_none() {
            return;
        }
        out.extend(self.thinking.iter_mut().flat_map(|filter| shares(filter.end())));
        let calls = std::mem::take(&mut self.calls);
        let called = !calls.is_empty();
        out.extend(calls.into_iter().map(|(index, fragments)| {
            let id = if fragments.id.is_empty() { format!("call_{index}") } else { fragments.id };
            let arguments = arguments(&fragments.arguments);
            ModelEvent::Delta(Delta::ToolCall(ToolCall { id, name: fragments.name, arguments, signature: None }))
        }));
        out.push(ModelEvent::Finished(evidence(self.finish.as_deref(), called, self.refused)));
    }
}

#[cfg(test)]
#[path = "openai_tests.rs"]
mod tests;
