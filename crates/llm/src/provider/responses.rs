use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::json::{Loose as _, arguments, parse};
use super::openai::{decode_embeddings, encode_embeddings};
use super::vectors::{EmbedRequest, Embeddings};
use super::wire::in_band;
use super::{Mode, ModelError, StreamDecoder, Wire, WireRequest};
use crate::chat::{ChatRequest, Delta, Evidence, FinishReason, Message, ModelEvent, Part, Role, ToolCall, Usage};
use crate::framing::Framing;

/// OpenAI responses (platform.openai.com/docs/api-reference/responses), without anything kept at the provider.
#[derive(Clone, Copy, Debug)]
pub struct OpenAiResponses;

impl Wire for OpenAiResponses {
    fn kind(&self) -> &'static str {
        "openai_responses"
    }

    fn key_header(&self) -> (&'static str, &'static str) {
        ("authorization", "Bearer ")
    }

    fn framing(&self) -> Framing {
        Framing::NamedSse
    }

    fn encode(&self, request: &ChatRequest, mode: Mode) -> WireRequest {
        let (system, turns) = request.split_system();
        let mut body = Map::new();
        body.insert("model".to_owned(), json!(request.model));
        body.insert("store".to_owned(), json!(false));
        body.insert("input".to_owned(), turns.into_iter().flat_map(encode_message).collect());
        if let Some(system) = system {
            body.insert("instructions".to_owned(), json!(system));
        }
        if mode == Mode::Stream {
            body.insert("stream".to_owned(), json!(true));
        }
        if let Some(limit) = request.max_output_tokens {
            body.insert("max_output_tokens".to_owned(), json!(limit));
        }
        if let Some(temperature) = request.temperature {
            body.insert("temperature".to_owned(), json!(temperature));
        }
        if let Some(schema) = &request.schema {
            let format = json!({ "type": "json_schema", "name": "answer", "schema": schema, "strict": false });
            body.insert("text".to_owned(), json!({ "format": format }));
        }
        if !request.tools.is_empty() {
            let tools = request.tools.iter().map(|tool| {
                json!({
                    "type": "function", "name": tool.name, "description": tool.description, "parameters": tool.parameters,
                    "strict": false,
                })
            });
            body.insert("tools".to_owned(), tools.collect());
        }
        WireRequest { path: "responses".to_owned(), body: Value::Object(body) }
    }

    fn decode(&self, body: &[u8]) -> Result<Vec<ModelEvent>, ModelError> {
        let document = parse(body)?;
        if let Some(error) = in_band(&document) {
            return Err(error);
        }
        let mut decoder = EventDecoder::default();
        let mut events = vec![identity(&document)];
        for (index, item) in document.list("/output").iter().enumerate() {
            decoder.whole_item(index as u64, item, &mut events);
        }
        decoder.finish(&document, &mut events)?;
        decoder.end(&mut events);
        Ok(events)
    }

    fn stream_decoder(&self) -> Box<dyn StreamDecoder> {
        Box::<EventDecoder>::default()
    }

    fn encode_embeddings(&self, request: &EmbedRequest) -> Option<WireRequest> {
        Some(encode_embeddings(request))
    }

    fn decode_embeddings(&self, body: &[u8]) -> Result<Embeddings, ModelError> {
        decode_embeddings(body)
    }
}

fn encode_message(message: &Message) -> Vec<Value> {
    let mut items = Vec::new();
    let mut content = Vec::new();
    let assistant = message.role == Role::Assistant;
    for part in &message.parts {
        match part {
            Part::Text { text } => {
                content.push(json!({ "type": if assistant { "output_text" } else { "input_text" }, "text": text }));
            }
            Part::Image { mime, data } => {
                content.push(json!({ "type": "input_image", "image_url": format!("data:{mime};base64,{data}") }));
            }
            Part::Reasoning { .. } => {}
            Part::ToolCall { call } => {
                let arguments = call.arguments.as_str().map_or_else(|| call.arguments.to_string(), str::to_owned);
                items.push(json!({ "type": "function_call", "call_id": call.id, "name": call.name, "arguments": arguments }));
            }
            Part::ToolResult { call_id, content, .. } => {
                let output = content.as_str().map_or_else(|| content.to_string(), str::to_owned);
                items.push(json!({ "type": "function_call_output", "call_id": call_id, "output": output }));
            }
        }
    }
    if !content.is_empty() {
        let role = if assistant { "assistant" } else { "user" };
        items.insert(0, json!({ "role": role, "content": content }));
    }
    items
}

fn identity(response: &Value) -> ModelEvent {
    let field = |pointer| response.text(pointer).map(str::to_owned);
    ModelEvent::Identity { model: field("/model"), response_id: field("/id") }
}

fn usage(usage: &Value) -> Option<Usage> {
    usage.as_object()?;
    Some(Usage {
        input: usage.number("/input_tokens"),
        input_cached: usage.number("/input_tokens_details/cached_tokens"),
        input_cache_write: usage.number("/input_tokens_details/cache_write_tokens"),
        output: usage.number("/output_tokens"),
        output_reasoning: usage.number("/output_tokens_details/reasoning_tokens"),
        raw: usage.clone(),
    })
}

/// Reads the events of a stream. Evidence is `response.completed` or `response.incomplete`.
#[derive(Debug, Default)]
struct EventDecoder {
    /// Open function calls by their place in the output.
    calls: BTreeMap<u64, ToolCallParts>,
    called: bool,
    refused: bool,
    identified: bool,
    /// The status, and why it is incomplete.
    ended: Option<(String, Option<String>)>,
}

#[derive(Debug, Default)]
struct ToolCallParts {
    id: String,
    name: String,
    arguments: String,
}

impl EventDecoder {
    fn open_call(&mut self, index: u64, item: &Value) {
        let field = |pointer| item.text(pointer).unwrap_or_default().to_owned();
        let parts = ToolCallParts { id: field("/call_id"), name: field("/name"), arguments: field("/arguments") };
        self.calls.insert(index, parts);
    }

    fn close_call(&mut self, index: u64, out: &mut Vec<ModelEvent>) {
        let Some(parts) = self.calls.remove(&index) else { return };
        self.called = true;
        let id = if parts.id.is_empty() { format!("call_{index}") } else { parts.id };
        let call = ToolCall { id, name: parts.name, arguments: arguments(&parts.arguments), signature: None };
        out.push(ModelEvent::Delta(Delta::ToolCall(call)));
    }

    /// An item of an answer that came in one piece.
    fn whole_item(&mut self, index: u64, item: &Value, out: &mut Vec<ModelEvent>) {
        match item.text("/type") {
            Some("message") => {
                for part in item.list("/content") {
                    self.refused |= part.text("/refusal").is_some();
                    let text = part.text("/text").or_else(|| part.text("/refusal")).filter(|text| !text.is_empty());
                    out.extend(text.map(|text| ModelEvent::Delta(Delta::Text(text.to_owned()))));
                }
            }
            Some("reasoning") => {
                let texts = item.list("/summary").iter().chain(item.list("/content")).filter_map(|part| part.text("/text"));
                out.extend(texts.map(|text| ModelEvent::Delta(Delta::Reasoning(text.to_owned()))));
            }
            Some("function_call") => {
                self.open_call(index, item);
                self.close_call(index, out);
            }
            _ => {}
        }
    }

    /// The whole response at its end: counts and status.
    fn finish(&mut self, response: &Value, out: &mut Vec<ModelEvent>) -> Result<(), ModelError> {
        if let Some(error) = in_band(response) {
            return Err(error);
        }
        let Some(status) = response.text("/status") else { return Err(ModelError::protocol("it has no status")) };
        if !matches!(status, "completed" | "incomplete") {
            return Err(ModelError::protocol(&format!("the response is `{status}`")));
        }
        out.extend(response.get("usage").and_then(usage).map(ModelEvent::Usage));
        self.ended = Some((status.to_owned(), response.text("/incomplete_details/reason").map(str::to_owned)));
        Ok(())
    }

    fn text_of(event: &Value) -> Option<String> {
        event.text("/delta").filter(|text| !text.is_empty()).map(str::to_owned)
    }
}

impl StreamDecoder for EventDecoder {
    fn event(&mut self, data: &str, out: &mut Vec<ModelEvent>) -> Result<(), ModelError> {
        let event = parse(data.as_bytes())?;
        let index = event.number("/output_index");
        match event.text("/type") {
            // The error's fields stand in the event itself, or below `error` as some servers have it.
            Some("error") => {
                let inner = if event.get("error").is_some() { event } else { json!({ "error": event }) };
                return Err(in_band(&inner).unwrap_or_else(|| ModelError::protocol("an error without words")));
            }
            Some("response.created") if !self.identified => {
                self.identified = true;
                out.push(identity(event.get("response").unwrap_or(&Value::Null)));
            }
            Some("response.output_item.added") if event.text("/item/type") == Some("function_call") => {
                self.open_call(index, event.get("item").unwrap_or(&Value::Null));
            }
            Some("response.output_item.done") if event.text("/item/type") == Some("function_call") => {
                self.open_call(index, event.get("item").unwrap_or(&Value::Null));
                self.close_call(index, out);
            }
            Some("response.function_call_arguments.delta") => {
                let parts = self.calls.entry(index).or_default();
                parts.arguments.push_str(event.text("/delta").unwrap_or_default());
            }
            Some("response.output_text.delta") => out.extend(Self::text_of(&event).map(Delta::Text).map(ModelEvent::Delta)),
            Some("response.refusal.delta") => {
                self.refused = true;
                out.extend(Self::text_of(&event).map(Delta::Text).map(ModelEvent::Delta));
            }
            Some("response.reasoning_summary_text.delta" | "response.reasoning_text.delta") => {
                out.extend(Self::text_of(&event).map(Delta::Reasoning).map(ModelEvent::Delta));
            }
            Some("response.completed" | "response.incomplete" | "response.failed") => {
                return self.finish(event.get("response").unwrap_or(&Value::Null), out);
            }
            // A proxy's error has no type.
            None => return in_band(&event).map_or(Ok(()), Err),
            _ => {}
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.ended.is_some()
    }

    fn end(&mut self, out: &mut Vec<ModelEvent>) {
        let Some((status, reason)) = self.ended.take() else { return };
        let open: Vec<u64> = self.calls.keys().copied().collect();
        for index in open {
            self.close_call(index, out);
        }
        let finish = match (status.as_str(), reason.as_deref()) {
            (_, Some("max_output_tokens")) => FinishReason::Length,
            (_, Some("content_filter")) => FinishReason::ContentFilter,
            (_, Some(other)) => FinishReason::Other(other.to_owned()),
            ("completed", None) if self.refused => FinishReason::ContentFilter,
            ("completed", None) if self.called => FinishReason::ToolCalls,
            ("completed", None) => FinishReason::Stop,
            (_, None) => FinishReason::Other("unspecified".to_owned()),
        };
        out.push(ModelEvent::Finished(Evidence::seen(finish, Some(reason.unwrap_or(status)))));
    }
}
