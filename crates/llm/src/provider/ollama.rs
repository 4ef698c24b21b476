use serde_json::{Map, Value, json};

use super::json::{Loose as _, parse};
use super::vectors::{EmbedRequest, Embeddings};
use super::wire::in_band;
use super::{Mode, ModelError, StreamDecoder, Wire, WireRequest};
use crate::chat::{ChatRequest, Delta, Evidence, FinishReason, Message, ModelEvent, Part, Role, ToolCall, Usage, joined_text};
use crate::framing::Framing;

/// The window that is asked for. Servers take a small one by default and cut longer prompts in silence.
const CONTEXT_TOKENS: u32 = 16_384;

/// Ollama's own interface (docs.ollama.com/api).
#[derive(Clone, Copy, Debug)]
pub struct Ollama;

impl Wire for Ollama {
    fn kind(&self) -> &'static str {
        "ollama"
    }

    fn key_header(&self) -> (&'static str, &'static str) {
        ("authorization", "Bearer ")
    }

    fn framing(&self) -> Framing {
        Framing::Ndjson
    }

    fn encode(&self, request: &ChatRequest, mode: Mode) -> WireRequest {
        let mut body = Map::new();
        body.insert("model".to_owned(), json!(request.model));
        body.insert("messages".to_owned(), request.messages.iter().flat_map(encode_message).collect());
        // It streams unless told otherwise.
        body.insert("stream".to_owned(), json!(mode == Mode::Stream));
        let mut options = Map::new();
        options.insert("num_ctx".to_owned(), json!(CONTEXT_TOKENS));
        if let Some(temperature) = request.temperature {
            options.insert("temperature".to_owned(), json!(temperature));
        }
        if let Some(limit) = request.max_output_tokens {
            options.insert("num_predict".to_owned(), json!(limit));
        }
        body.insert("options".to_owned(), Value::Object(options));
        if let Some(schema) = &request.schema {
            body.insert("format".to_owned(), schema.clone());
        }
        if !request.tools.is_empty() {
            let tools = request.tools.iter().map(|tool| {
                let function = json!({ "name": tool.name, "description": tool.description, "parameters": tool.parameters });
                json!({ "type": "function", "function": function })
            });
            body.insert("tools".to_owned(), tools.collect());
        }
        WireRequest { path: "api/chat".to_owned(), body: Value::Object(body) }
    }

    fn decode(&self, body: &[u8]) -> Result<Vec<ModelEvent>, ModelError> {
        let mut decoder = LineDecoder::default();
        let mut events = Vec::new();
        let text = std::str::from_utf8(body).map_err(|_| ModelError::protocol("it is not UTF-8"))?;
        decoder.event(text, &mut events)?;
        decoder.end(&mut events);
        let finished = matches!(events.last(), Some(ModelEvent::Finished(_)));
        if finished { Ok(events) } else { Err(ModelError::protocol("it is not done")) }
    }

    fn stream_decoder(&self) -> Box<dyn StreamDecoder> {
        Box::<LineDecoder>::default()
    }

    fn encode_embeddings(&self, request: &EmbedRequest) -> Option<WireRequest> {
        let mut body = json!({ "model": request.model, "input": request.texts });
        if let (Some(fields), Some(dimensions)) = (body.as_object_mut(), request.dimensions) {
            fields.insert("dimensions".to_owned(), json!(dimensions));
        }
        Some(WireRequest { path: "api/embed".to_owned(), body })
    }

    fn decode_embeddings(&self, body: &[u8]) -> Result<Embeddings, ModelError> {
        let document = parse(body)?;
        let vectors = document.list("/embeddings").iter().map(Embeddings::vector).collect::<Result<_, _>>()?;
        Ok(Embeddings { vectors, input_tokens: document.pointer("/prompt_eval_count").and_then(Value::as_u64) })
    }
}

fn encode_message(message: &Message) -> Vec<Value> {
    let results = message.parts.iter().filter_map(|part| match part {
        Part::ToolResult { name, content, .. } => {
            let content = content.as_str().map_or_else(|| content.to_string(), str::to_owned);
            Some(json!({ "role": "tool", "tool_name": name, "content": content }))
        }
        _ => None,
    });
    let mut encoded: Vec<Value> = results.collect();
    if message.role == Role::Tool {
        return encoded;
    }
    let mut fields = Map::new();
    fields.insert("role".to_owned(), json!(message.role.as_str()));
    fields.insert("content".to_owned(), json!(joined_text(&message.parts)));
    let images: Vec<&str> = message
        .parts
        .iter()
        .filter_map(|part| if let Part::Image { data, .. } = part { Some(data.as_str()) } else { None })
        .collect();
    if !images.is_empty() {
        fields.insert("images".to_owned(), json!(images));
    }
    let calls = message.parts.iter().filter_map(|part| match part {
        Part::ToolCall { call } => Some(json!({ "function": { "name": call.name, "arguments": call.arguments } })),
        _ => None,
    });
    let calls: Vec<Value> = calls.collect();
    if !calls.is_empty() {
        fields.insert("tool_calls".to_owned(), json!(calls));
    }
    encoded.push(Value::Object(fields));
    encoded
}

/// Reads the lines of a stream, or the one document of a whole answer. Evidence is `done: true`.
#[derive(Debug, Default)]
struct LineDecoder {
    identified: bool,
    calls: usize,
    done: bool,
    reason: Option<String>,
}

impl LineDecoder {
    fn deltas(&mut self, message: &Value, out: &mut Vec<ModelEvent>) {
        let text = |pointer| message.text(pointer).filter(|text| !text.is_empty()).map(str::to_owned);
        out.extend(text("/thinking").map(Delta::Reasoning).map(ModelEvent::Delta));
        out.extend(text("/content").map(Delta::Text).map(ModelEvent::Delta));
        for call in message.list("/tool_calls") {
            self.calls += 1;
            out.push(ModelEvent::Delta(Delta::ToolCall(ToolCall {
                id: call.text("/id").map_or_else(|| format!("call_{}", self.calls), str::to_owned),
                name: call.text("/function/name").unwrap_or_default().to_owned(),
                arguments: call.pointer("/function/arguments").cloned().unwrap_or_else(|| json!({})),
                signature: None,
            })));
        }
    }
}

impl StreamDecoder for LineDecoder {
    fn event(&mut self, data: &str, out: &mut Vec<ModelEvent>) -> Result<(), ModelError> {
        let line = parse(data.as_bytes())?;
        if let Some(error) = in_band(&line) {
            return Err(error);
        }
        if !self.identified && line.text("/model").is_some() {
            self.identified = true;
            out.push(ModelEvent::Identity { model: line.text("/model").map(str::to_owned), response_id: None });
        }
        self.deltas(line.get("message").unwrap_or(&Value::Null), out);
        if line.pointer("/done").and_then(Value::as_bool) == Some(true) {
            self.done = true;
            self.reason = line.text("/done_reason").map(str::to_owned);
            // The counts can be missing.
            if line.get("eval_count").is_some() {
                let counts = ["prompt_eval_count", "prompt_eval_cached_count", "eval_count"];
                let raw = counts.iter().filter_map(|name| Some(((*name).to_owned(), line.get(*name)?.clone()))).collect();
                out.push(ModelEvent::Usage(Usage {
                    input: line.number("/prompt_eval_count"),
                    input_cached: line.number("/prompt_eval_cached_count"),
                    output: line.number("/eval_count"),
                    raw: Value::Object(raw),
                    ..Usage::default()
                }));
            }
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.done
    }

    fn end(&mut self, out: &mut Vec<ModelEvent>) {
        if !self.done {
            return;
        }
        let finish = match self.reason.as_deref() {
            Some("stop") | None if self.calls > 0 => FinishReason::ToolCalls,
            Some("stop") => FinishReason::Stop,
            Some("length") => FinishReason::Length,
            // Not in the documents; servers in front of it say so.
            Some("content_filter") => FinishReason::ContentFilter,
            Some(other) => FinishReason::Other(other.to_owned()),
            None => FinishReason::Other("unspecified".to_owned()),
        };
        out.push(ModelEvent::Finished(Evidence::seen(finish, self.reason.take())));
    }
}
