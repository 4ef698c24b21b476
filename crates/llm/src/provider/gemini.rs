use serde_json::{Map, Value, json};

use super::json::{Loose as _, parse};
use super::vectors::{EmbedRequest, Embeddings};
use super::wire::in_band;
use super::{Mode, ModelError, StreamDecoder, Wire, WireRequest};
use crate::chat::{ChatRequest, Delta, Evidence, FinishReason, Message, ModelEvent, Part, Role, ToolCall, Usage};

/// Google Gemini, Developer API, `generateContent` (ai.google.dev/api/generate-content).
#[derive(Clone, Copy, Debug)]
pub struct Gemini;

impl Wire for Gemini {
    fn kind(&self) -> &'static str {
        "gemini"
    }

    fn key_header(&self) -> (&'static str, &'static str) {
        // The query form `?key=` would put the key into logs.
        ("x-goog-api-key", "")
    }

    fn encode(&self, request: &ChatRequest, mode: Mode) -> WireRequest {
        let (system, turns) = request.split_system();
        let mut body = Map::new();
        if let Some(system) = system {
            body.insert("systemInstruction".to_owned(), json!({ "parts": [{ "text": system }] }));
        }
        body.insert("contents".to_owned(), encode_turns(&turns));
        let mut generation = Map::new();
        if let Some(temperature) = request.temperature {
            generation.insert("temperature".to_owned(), json!(temperature));
        }
        if let Some(limit) = request.max_output_tokens {
            generation.insert("maxOutputTokens".to_owned(), json!(limit));
        }
        if let Some(schema) = &request.schema {
            generation.insert("responseMimeType".to_owned(), json!("application/json"));
            generation.insert("responseJsonSchema".to_owned(), schema.clone());
        }
        if !generation.is_empty() {
            body.insert("generationConfig".to_owned(), Value::Object(generation));
        }
        if !request.tools.is_empty() {
            let declarations = request.tools.iter().map(
                |tool| json!({ "name": tool.name, "description": tool.description, "parametersJsonSchema": tool.parameters }),
            );
            let declarations: Vec<Value> = declarations.collect();
            body.insert("tools".to_owned(), json!([{ "functionDeclarations": declarations }]));
        }
        let model = request.model.strip_prefix("models/").unwrap_or(&request.model);
        let method = match mode {
            Mode::Unary => "generateContent",
            // Without `alt=sse` the stream is one growing JSON array.
            Mode::Stream => "streamGenerateContent?alt=sse",
        };
        WireRequest { path: format!("models/{}:{method}", path_segment(model)), body: Value::Object(body) }
    }

    fn decode(&self, body: &[u8]) -> Result<Vec<ModelEvent>, ModelError> {
        let text = std::str::from_utf8(body).map_err(|_| ModelError::protocol("it is not UTF-8"))?;
        let mut decoder = ChunkDecoder::default();
        let mut events = Vec::new();
        decoder.event(text, &mut events)?;
        decoder.end(&mut events);
        // One whole document that names no reason is whole all the same: HTTP says so.
        if !matches!(events.last(), Some(ModelEvent::Finished(_))) {
            if !decoder.answered {
                return Err(ModelError::protocol("it has no candidates"));
            }
            events.push(ModelEvent::Finished(Evidence::seen(FinishReason::Other("unspecified".to_owned()), None)));
        }
        Ok(events)
    }

    fn stream_decoder(&self) -> Box<dyn StreamDecoder> {
        Box::<ChunkDecoder>::default()
    }

    fn encode_embeddings(&self, request: &EmbedRequest) -> Option<WireRequest> {
        let model = request.model.strip_prefix("models/").unwrap_or(&request.model);
        let requests = request.texts.iter().map(|text| {
            let mut one = json!({ "model": format!("models/{model}"), "content": { "parts": [{ "text": text }] } });
            if let (Some(fields), Some(dimensions)) = (one.as_object_mut(), request.dimensions) {
                fields.insert("outputDimensionality".to_owned(), json!(dimensions));
            }
            one
        });
        let body = json!({ "requests": requests.collect::<Vec<_>>() });
        Some(WireRequest { path: format!("models/{}:batchEmbedContents", path_segment(model)), body })
    }

    fn decode_embeddings(&self, body: &[u8]) -> Result<Embeddings, ModelError> {
        let document = parse(body)?;
        let values = |row: &Value| Embeddings::vector(row.get("values").unwrap_or(&Value::Null));
        Ok(Embeddings { vectors: document.list("/embeddings").iter().map(values).collect::<Result<_, _>>()?, input_tokens: None })
    }

    fn encode_count(&self, request: &ChatRequest) -> Option<WireRequest> {
        let model = request.model.strip_prefix("models/").unwrap_or(&request.model);
        let turns: Vec<&Message> = request.messages.iter().collect();
        let body = json!({ "contents": encode_turns(&turns) });
        Some(WireRequest { path: format!("models/{}:countTokens", path_segment(model)), body })
    }

    fn decode_count(&self, body: &[u8]) -> Result<u64, ModelError> {
        let document = parse(body)?;
        document.pointer("/totalTokens").and_then(Value::as_u64).ok_or_else(|| ModelError::protocol("it has no count"))
    }
}

/// A model's name is one path segment; whatever else a caller wrote must not become another path.
fn path_segment(name: &str) -> String {
    url::form_urlencoded::byte_serialize(name.as_bytes()).collect()
}

/// Turns alternate between `user` and `model`; neighbours of one role become one turn, as function responses must.
fn encode_turns(turns: &[&Message]) -> Value {
    let mut contents: Vec<(&str, Vec<Value>)> = Vec::new();
    for message in turns {
        let role = if message.role == Role::Assistant { "model" } else { "user" };
        let parts: Vec<Value> = message.parts.iter().filter_map(encode_part).collect();
        match contents.last_mut() {
            Some((last, held)) if *last == role => held.extend(parts),
            _ if parts.is_empty() => {}
            _ => contents.push((role, parts)),
        }
    }
    contents.into_iter().map(|(role, parts)| json!({ "role": role, "parts": parts })).collect()
}

fn encode_part(part: &Part) -> Option<Value> {
    match part {
        Part::Text { text } => Some(json!({ "text": text })),
        Part::Image { mime, data } => Some(json!({ "inlineData": { "mimeType": mime, "data": data } })),
        Part::Reasoning { .. } => None,
        Part::ToolCall { call } => {
            let args = if call.arguments.is_object() { call.arguments.clone() } else { json!({ "input": call.arguments }) };
            // Gemini 3 wants the signature that came with the call; this literal stands in for one that never came.
            let signature = call.signature.as_deref().unwrap_or("skip_thought_signature_validator");
            Some(json!({ "functionCall": { "name": call.name, "args": args }, "thoughtSignature": signature }))
        }
        Part::ToolResult { name, content, .. } => {
            let response = if content.is_object() { content.clone() } else { json!({ "result": content }) };
            Some(json!({ "functionResponse": { "name": name, "response": response } }))
        }
    }
}

fn usage(usage: &Value) -> Option<Usage> {
    usage.as_object()?;
    let thoughts = usage.number("/thoughtsTokenCount");
    Some(Usage {
        input: usage.number("/promptTokenCount") + usage.number("/toolUsePromptTokenCount"),
        input_cached: usage.number("/cachedContentTokenCount"),
        output: usage.number("/candidatesTokenCount") + thoughts,
        output_reasoning: thoughts,
        raw: usage.clone(),
        ..Usage::default()
    })
}

fn evidence(word: &str, called: bool) -> Evidence {
    let finish = match word {
        // A tool call finishes with STOP too.
        "STOP" if called => FinishReason::ToolCalls,
        "STOP" => FinishReason::Stop,
        "MAX_TOKENS" => FinishReason::Length,
        "SAFETY"
        | "RECITATION"
        | "LANGUAGE"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION" => FinishReason::ContentFilter,
        other => FinishReason::Other(other.to_owned()),
    };
    Evidence::seen(finish, Some(word.to_owned()))
}

/// Reads `GenerateContentResponse` objects, of a stream or whole. Evidence is a finish reason or a block reason.
#[derive(Debug, Default)]
struct ChunkDecoder {
    calls: usize,
    identified: bool,
    answered: bool,
    finish: Option<String>,
    blocked: Option<String>,
}

impl ChunkDecoder {
    fn part(&mut self, part: &Value) -> Option<Delta> {
        if let Some(call) = part.get("functionCall") {
            self.calls += 1;
            return Some(Delta::ToolCall(ToolCall {
                // The id may be absent, and a conversation needs one to tie the result to the call.
                id: call.text("/id").map_or_else(|| format!("call_{}", self.calls), str::to_owned),
                name: call.text("/name").unwrap_or_default().to_owned(),
                arguments: call.get("args").cloned().unwrap_or_else(|| json!({})),
                signature: part.text("/thoughtSignature").map(str::to_owned),
            }));
        }
        let text = part.text("/text").filter(|text| !text.is_empty())?.to_owned();
        let thought = part.get("thought").and_then(Value::as_bool).unwrap_or(false);
        Some(if thought { Delta::Reasoning(text) } else { Delta::Text(text) })
    }
}

impl StreamDecoder for ChunkDecoder {
    fn event(&mut self, data: &str, out: &mut Vec<ModelEvent>) -> Result<(), ModelError> {
        let document = parse(data.as_bytes())?;
        if let Some(error) = in_band(&document) {
            return Err(error);
        }
        if !self.identified && document.text("/responseId").is_some() {
            self.identified = true;
            let field = |pointer| document.text(pointer).map(str::to_owned);
            out.push(ModelEvent::Identity { model: field("/modelVersion"), response_id: field("/responseId") });
        }
        if let Some(reason) = document.text("/promptFeedback/blockReason") {
            self.blocked = Some(reason.to_owned());
        }
        if let Some(candidate) = document.list("/candidates").first() {
            self.answered = true;
            for part in candidate.list("/content/parts") {
                out.extend(self.part(part).map(ModelEvent::Delta));
            }
            if let Some(word) = candidate.text("/finishReason") {
                self.finish = Some(word.to_owned());
            }
        }
        // Cumulative on every event; the collector keeps the last.
        out.extend(document.get("usageMetadata").and_then(usage).map(ModelEvent::Usage));
        Ok(())
    }

    fn is_done(&self) -> bool {
        false
    }

    fn end(&mut self, out: &mut Vec<ModelEvent>) {
        if let Some(word) = self.finish.take() {
            out.push(ModelEvent::Finished(evidence(&word, self.calls > 0)));
        } else if let Some(reason) = self.blocked.take() {
            out.push(ModelEvent::Finished(Evidence::seen(FinishReason::ContentFilter, Some(reason))));
        }
    }
}

#[cfg(test)]
#[path = "gemini_tests.rs"]
mod tests;
