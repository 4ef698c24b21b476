use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::json::{Loose as _, arguments, parse};
use super::schema::strict_objects;
use super::wire::in_band;
use super::{Mode, ModelError, StreamDecoder, Wire, WireRequest};
use crate::chat::{ChatRequest, Delta, Evidence, FinishReason, Message, ModelEvent, Part, Role, ToolCall, Usage};
use crate::framing::Framing;

/// The limit of an answer where the caller names none: the protocol wants one.
const DEFAULT_MAX_TOKENS: u32 = 8_192;

/// Anthropic messages (platform.claude.com/docs/en/api/messages).
#[derive(Clone, Copy, Debug)]
pub struct Anthropic;

impl Wire for Anthropic {
    fn kind(&self) -> &'static str {
        "anthropic"
    }

    fn key_header(&self) -> (&'static str, &'static str) {
        ("x-api-key", "")
    }

    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[("anthropic-version", "2023-06-01")]
    }

    fn framing(&self) -> Framing {
        Framing::NamedSse
    }

    fn encode(&self, request: &ChatRequest, mode: Mode) -> WireRequest {
        let mut body = question(request);
        body.insert("max_tokens".to_owned(), json!(request.max_output_tokens.unwrap_or(DEFAULT_MAX_TOKENS)));
        if let Some(temperature) = request.temperature {
            // Ours goes to 2 as the other protocols' does; this one's ends at 1.
            body.insert("temperature".to_owned(), json!(temperature.min(1.0)));
        }
        if let Some(schema) = &request.schema {
            let format = json!({ "type": "json_schema", "schema": strict_objects(schema) });
            body.insert("output_config".to_owned(), json!({ "format": format }));
        }
        if mode == Mode::Stream {
            body.insert("stream".to_owned(), json!(true));
        }
        WireRequest { path: "messages".to_owned(), body: Value::Object(body) }
    }

    fn decode(&self, body: &[u8]) -> Result<Vec<ModelEvent>, ModelError> {
        let document = parse(body)?;
        if let Some(error) = in_band(&document) {
            return Err(error);
        }
        if document.text("/type") != Some("message") {
            return Err(ModelError::protocol("it is no message"));
        }
        let mut events = vec![identity(&document)];
        let mut called = false;
        for block in document.list("/content") {
            let delta = match block.text("/type") {
                Some("text") => Delta::Text(block.text("/text").unwrap_or_default().to_owned()),
                Some("thinking") => Delta::Reasoning(block.text("/thinking").unwrap_or_default().to_owned()),
                Some("tool_use") => {
                    called = true;
                    let arguments = block.get("input").cloned().unwrap_or_else(|| json!({}));
                    Delta::ToolCall(tool_call(block, arguments))
                }
                _ => continue,
            };
            events.push(ModelEvent::Delta(delta));
        }
        events.extend(document.get("usage").and_then(Value::as_object).map(usage).map(ModelEvent::Usage));
        events.push(ModelEvent::Finished(evidence(document.text("/stop_reason"), called)));
        Ok(events)
    }

    fn stream_decoder(&self) -> Box<dyn StreamDecoder> {
        Box::<EventDecoder>::default()
    }

    fn encode_count(&self, request: &ChatRequest) -> Option<WireRequest> {
        Some(WireRequest { path: "messages/count_tokens".to_owned(), body: Value::Object(question(request)) })
    }

    fn decode_count(&self, body: &[u8]) -> Result<u64, ModelError> {
        let document = parse(body)?;
        document.pointer("/input_tokens").and_then(Value::as_u64).ok_or_else(|| ModelError::protocol("it has no count"))
    }
}

/// What is asked, without how: the part of a request that counting and answering share.
fn question(request: &ChatRequest) -> Map<String, Value> {
    let (system, turns) = request.split_system();
    let mut body = Map::new();
    body.insert("model".to_owned(), json!(request.model));
    if let Some(system) = system {
        body.insert("system".to_owned(), json!(system));
    }
    body.insert("messages".to_owned(), encode_turns(&turns));
    if !request.tools.is_empty() {
        let tools = request
            .tools
            .iter()
            .map(|tool| json!({ "name": tool.name, "description": tool.description, "input_schema": tool.parameters }));
        body.insert("tools".to_owned(), tools.collect());
    }
    body
}

/// Neighbours of one role become one turn; results of tools are the user's.
fn encode_turns(turns: &[&Message]) -> Value {
    let mut contents: Vec<(&str, Vec<Value>)> = Vec::new();
    for message in turns {
        let role = if message.role == Role::Assistant { "assistant" } else { "user" };
        // Images go before the text that speaks of them.
        let (images, others): (Vec<&Part>, Vec<&Part>) =
            message.parts.iter().partition(|part| matches!(part, Part::Image { .. }));
        let blocks: Vec<Value> = images.into_iter().chain(others).filter_map(encode_part).collect();
        match contents.last_mut() {
            Some((last, held)) if *last == role => held.extend(blocks),
            _ if blocks.is_empty() => {}
            _ => contents.push((role, blocks)),
        }
    }
    contents.into_iter().map(|(role, blocks)| json!({ "role": role, "content": blocks })).collect()
}

fn encode_part(part: &Part) -> Option<Value> {
    match part {
        // An empty text block is refused.
        Part::Text { text } => (!text.is_empty()).then(|| json!({ "type": "text", "text": text })),
        Part::Image { mime, data } => {
            Some(json!({ "type": "image", "source": { "type": "base64", "media_type": mime, "data": data } }))
        }
        Part::Reasoning { .. } => None,
        Part::ToolCall { call } => {
            let input = if call.arguments.is_object() { call.arguments.clone() } else { json!({ "input": call.arguments }) };
            Some(json!({ "type": "tool_use", "id": call.id, "name": call.name, "input": input }))
        }
        Part::ToolResult { call_id, content, .. } => {
            let content = content.as_str().map_or_else(|| content.to_string(), str::to_owned);
            Some(json!({ "type": "tool_result", "tool_use_id": call_id, "content": content }))
        }
    }
}

fn identity(message: &Value) -> ModelEvent {
    let field = |pointer| message.text(pointer).map(str::to_owned);
    ModelEvent::Identity { model: field("/model"), response_id: field("/id") }
}

fn tool_call(block: &Value, arguments: Value) -> ToolCall {
    ToolCall {
        id: block.text("/id").unwrap_or_default().to_owned(),
        name: block.text("/name").unwrap_or_default().to_owned(),
        arguments,
        signature: None,
    }
}

/// `input_tokens` leaves out what the cache gave and took, unlike everybody else's.
fn usage(usage: &Map<String, Value>) -> Usage {
    let raw = Value::Object(usage.clone());
    let (read, write) = (raw.number("/cache_read_input_tokens"), raw.number("/cache_creation_input_tokens"));
    Usage {
        input: raw.number("/input_tokens") + read + write,
        input_cached: read,
        input_cache_write: write,
        output: raw.number("/output_tokens"),
        output_reasoning: raw.number("/output_tokens_details/thinking_tokens"),
        raw,
    }
}

fn evidence(word: Option<&str>, called: bool) -> Evidence {
    let finish = match word {
        Some("end_turn" | "stop_sequence") if called => FinishReason::ToolCalls,
        Some("end_turn" | "stop_sequence") => FinishReason::Stop,
        Some("max_tokens" | "model_context_window_exceeded") => FinishReason::Length,
        Some("tool_use") => FinishReason::ToolCalls,
        Some("refusal") => FinishReason::ContentFilter,
        Some(other) => FinishReason::Other(other.to_owned()),
        None => FinishReason::Other("unspecified".to_owned()),
    };
    Evidence::seen(finish, word.map(str::to_owned))
}

/// Reads the events of a stream. Evidence is `message_stop`.
#[derive(Debug, Default)]
struct EventDecoder {
    /// Open tool calls: the block, and its arguments so far.
    tools: BTreeMap<u64, (Value, String)>,
    usage: Map<String, Value>,
    called: bool,
    stop_reason: Option<String>,
    stopped: bool,
}

impl EventDecoder {
    /// Counts are snapshots of the whole so far: later ones replace, and what a later one leaves out stays.
    fn count(&mut self, usage: Option<&Value>, out: &mut Vec<ModelEvent>) {
        let Some(fields) = usage.and_then(Value::as_object) else { return };
        let known = fields.iter().filter(|(_, value)| !value.is_null());
        self.usage.extend(known.map(|(name, value)| (name.clone(), value.clone())));
        out.push(ModelEvent::Usage(self::usage(&self.usage)));
    }

    fn delta(&mut self, event: &Value, out: &mut Vec<ModelEvent>) {
        let text = |pointer| event.text(pointer).filter(|text| !text.is_empty()).map(str::to_owned);
        match event.text("/delta/type") {
            Some("text_delta") => out.extend(text("/delta/text").map(Delta::Text).map(ModelEvent::Delta)),
            Some("thinking_delta") => out.extend(text("/delta/thinking").map(Delta::Reasoning).map(ModelEvent::Delta)),
            Some("input_json_delta") => {
                if let Some((_, held)) = self.tools.get_mut(&event.number("/index")) {
                    held.push_str(event.text("/delta/partial_json").unwrap_or_default());
                }
            }
            _ => {}
        }
    }

    fn close(&mut self, index: u64, out: &mut Vec<ModelEvent>) {
        let Some((block, held)) = self.tools.remove(&index) else { return };
        self.called = true;
        // A server that sends the arguments whole puts them into the opening.
        let whole = block.get("input").filter(|input| held.is_empty() && input.is_object()).cloned();
        let arguments = whole.unwrap_or_else(|| arguments(&held));
        out.push(ModelEvent::Delta(Delta::ToolCall(tool_call(&block, arguments))));
    }
}

impl StreamDecoder for EventDecoder {
    fn event(&mut self, data: &str, out: &mut Vec<ModelEvent>) -> Result<(), ModelError> {
        let event = parse(data.as_bytes())?;
        if let Some(error) = in_band(&event) {
            return Err(error);
        }
        match event.text("/type") {
            Some("message_start") => {
                out.push(identity(event.get("message").unwrap_or(&Value::Null)));
                self.count(event.pointer("/message/usage"), out);
            }
            Some("content_block_start") => {
                let block = event.get("content_block").cloned().unwrap_or_default();
                match block.text("/type") {
                    Some("tool_use") => drop(self.tools.insert(event.number("/index"), (block, String::new()))),
                    Some("text") => {
                        let text = block.text("/text").filter(|text| !text.is_empty());
                        out.extend(text.map(|text| ModelEvent::Delta(Delta::Text(text.to_owned()))));
                    }
                    _ => {}
                }
            }
            Some("content_block_delta") => self.delta(&event, out),
            Some("content_block_stop") => self.close(event.number("/index"), out),
            Some("message_delta") => {
                self.stop_reason = event.text("/delta/stop_reason").map(str::to_owned).or_else(|| self.stop_reason.take());
                self.count(event.get("usage"), out);
            }
            Some("message_stop") => self.stopped = true,
            _ => {}
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.stopped
    }

    fn end(&mut self, out: &mut Vec<ModelEvent>) {
        if self.stopped {
            let open: Vec<u64> = self.tools.keys().copied().collect();
            for index in open {
                self.close(index, out);
            }
            out.push(ModelEvent::Finished(evidence(self.stop_reason.as_deref(), self.called)));
        }
    }
}
