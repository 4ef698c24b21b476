use serde_json::{Map, Value, json};

use super::{Dialect, Fault, Frame};
use crate::{Answer, Finish, Piece, Recorded, Script, UsageNumbers};

/// Ollama's own interface: lines of JSON instead of events.
#[derive(Debug)]
pub(super) struct Ollama;

fn line(message: Value, tail: Option<&Answer>) -> Value {
    let mut fields = Map::new();
    fields.insert("model".to_owned(), json!("llama-mock"));
    fields.insert("created_at".to_owned(), json!("2026-01-01T00:00:00.000000Z"));
    fields.insert("message".to_owned(), message);
    fields.insert("done".to_owned(), json!(tail.is_some()));
    if let Some(answer) = tail {
        if let Some(word) = finish(answer.finish) {
            fields.insert("done_reason".to_owned(), json!(word));
        }
        fields.insert("total_duration".to_owned(), json!(1_000_000));
        fields.extend(answer.usage.into_iter().flat_map(counts));
    }
    Value::Object(fields)
}

/// Thinking is counted with the rest.
fn counts(numbers: UsageNumbers) -> [(String, Value); 3] {
    [
        ("prompt_eval_count".to_owned(), json!(numbers.input)),
        ("prompt_eval_cached_count".to_owned(), json!(numbers.cached)),
        ("eval_count".to_owned(), json!(numbers.output + numbers.reasoning)),
    ]
}

fn finish(finish: Finish) -> Option<&'static str> {
    match finish {
        Finish::Stop | Finish::ToolCalls => Some("stop"),
        Finish::Length => Some("length"),
        Finish::Filtered | Finish::PromptBlocked => Some("content_filter"),
        Finish::Unknown => Some("paused_by_provider"),
        Finish::Absent => None,
    }
}

fn message(text: &str) -> Value {
    json!({ "role": "assistant", "content": text })
}

fn calls(answer: &Answer) -> Vec<Value> {
    let call = |(_, name, arguments): (&str, &str, &Value)| json!({ "function": { "name": name, "arguments": arguments } });
    answer.tools().into_iter().map(call).collect()
}

impl Dialect for Ollama {
    fn base_path(&self) -> &'static str {
        ""
    }

    fn content_type(&self) -> &'static str {
        "application/x-ndjson"
    }

    fn unary(&self, answer: &Answer) -> Value {
        let mut said = message(&answer.joined_text());
        if let Some(fields) = said.as_object_mut() {
            let (thinking, calls) = (answer.joined_reasoning(), calls(answer));
            if !thinking.is_empty() {
                fields.insert("thinking".to_owned(), json!(thinking));
            }
            if !calls.is_empty() {
                fields.insert("tool_calls".to_owned(), json!(calls));
            }
        }
        line(said, Some(answer))
    }

    fn frames(&self, answer: &Answer) -> Vec<Frame> {
        let mut frames = Vec::new();
        for piece in &answer.pieces {
            match piece {
                Piece::Text(text) => frames.push(Frame::line(&line(message(text), None))),
                Piece::Reasoning(text) => {
                    frames.push(Frame::line(&line(json!({ "role": "assistant", "content": "", "thinking": text }), None)));
                }
                Piece::Tool { .. } => {}
            }
        }
        let calls = calls(answer);
        if !calls.is_empty() {
            let said = json!({ "role": "assistant", "content": "", "tool_calls": calls });
            frames.push(Frame::line(&line(said, None)));
        }
        frames.push(Frame::line(&line(message(""), Some(answer))));
        frames
    }

    fn fault(&self, fault: Fault) -> Script {
        let error = |status: u16, message: &str| Script::json(status, &json!({ "error": message }));
        match fault {
            Fault::Unauthorised => error(401, "unauthorized: sk-mock"),
            Fault::RateLimited(hint) => hint.on(error(429, "too many requests")),
            Fault::QuotaSpent => error(402, "you have reached your usage limit"),
            Fault::Internal => error(500, "llama runner process has terminated"),
            Fault::Unavailable => error(503, "server busy, please try again"),
            Fault::Overloaded => error(529, "overloaded"),
            Fault::UnsupportedParameter => error(400, "this model does not support temperature"),
            Fault::ContextOverflow => error(400, "the input length exceeds the context length"),
            Fault::UnknownModel => error(404, "model 'nope' not found"),
        }
    }

    fn in_band_error(&self) -> Frame {
        Frame::line(&json!({ "error": "an error was encountered while running the model" }))
    }

    fn unknown_event(&self) -> Frame {
        Frame::line(&json!({ "telemetry": { "novelty": 1 } }))
    }

    fn temperature_pointer(&self) -> &'static str {
        "/options/temperature"
    }

    fn aside(&self, request: &Recorded) -> Option<Script> {
        request.path.ends_with("/api/embed").then(|| {
            let vectors: Vec<Value> = super::embeddings_of(&request.body);
            Script::json(
                200,
                &json!({ "model": "m", "embeddings": vectors, "prompt_eval_count": super::words_in(&request.body) }),
            )
        })
    }
}
