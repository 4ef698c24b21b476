use serde_json::{Value, json};

use super::{Dialect, Fault, Frame, Hint};
use crate::{Answer, Finish, Piece, Recorded, Script, UsageNumbers};

/// Anthropic messages.
#[derive(Debug)]
pub(super) struct Anthropic;

fn usage(numbers: UsageNumbers) -> Value {
    json!({
        // What the cache gave is not counted here.
        "input_tokens": numbers.input - numbers.cached,
        "cache_read_input_tokens": numbers.cached,
        "cache_creation_input_tokens": 0,
        "output_tokens": numbers.output + numbers.reasoning,
        "output_tokens_details": { "thinking_tokens": numbers.reasoning },
    })
}

fn finish(finish: Finish) -> Value {
    match finish {
        Finish::Stop => json!("end_turn"),
        Finish::Length => json!("max_tokens"),
        Finish::ToolCalls => json!("tool_use"),
        Finish::Filtered | Finish::PromptBlocked => json!("refusal"),
        Finish::Unknown => json!("paused_by_provider"),
        Finish::Absent => Value::Null,
    }
}

fn message(content: Value, stop: Value, usage: Value) -> Value {
    json!({
        "id": "msg_mock", "type": "message", "role": "assistant", "model": "claude-mock", "content": content,
        "stop_reason": stop, "stop_sequence": null, "usage": usage,
    })
}

fn frame(name: &'static str, mut fields: Value) -> Frame {
    if let Some(object) = fields.as_object_mut() {
        object.insert("type".to_owned(), json!(name));
    }
    Frame::named(name, &fields)
}

/// Neighbouring pieces of one kind are one block; a tool is a block of its own, its arguments in halves.
fn block_frames(answer: &Answer) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut open: Option<&str> = None;
    let mut index = 0;
    for piece in &answer.pieces {
        let (kind, start, deltas) = match piece {
            Piece::Text(text) => {
                ("text", json!({ "type": "text", "text": "" }), vec![json!({ "type": "text_delta", "text": text })])
            }
            Piece::Reasoning(text) => {
                let delta = json!({ "type": "thinking_delta", "thinking": text });
                (
                    "thinking",
                    json!({ "type": "thinking", "thinking": "" }),
                    vec![delta, json!({ "type": "signature_delta", "signature": "c2ln" })],
                )
            }
            Piece::Tool { id, name, arguments } => {
                let text = arguments.to_string();
                let middle = text.chars().count() / 2;
                let halves: [String; 3] =
                    [String::new(), text.chars().take(middle).collect(), text.chars().skip(middle).collect()];
                let deltas = halves.map(|part| json!({ "type": "input_json_delta", "partial_json": part }));
                ("tool", json!({ "type": "tool_use", "id": id, "name": name, "input": {} }), deltas.to_vec())
            }
        };
        if open != Some(kind) || kind == "tool" {
            if open.is_some() {
                frames.push(frame("content_block_stop", json!({ "index": index })));
                index += 1;
            }
            frames.push(frame("content_block_start", json!({ "index": index, "content_block": start })));
            open = Some(kind);
        }
        frames.extend(deltas.into_iter().map(|delta| frame("content_block_delta", json!({ "index": index, "delta": delta }))));
    }
    if open.is_some() {
        frames.push(frame("content_block_stop", json!({ "index": index })));
    }
    frames
}

impl Dialect for Anthropic {
    fn base_path(&self) -> &'static str {
        "/v1"
    }

    fn unary(&self, answer: &Answer) -> Value {
        let mut content = Vec::new();
        let reasoning = answer.joined_reasoning();
        if !reasoning.is_empty() {
            content.push(json!({ "type": "thinking", "thinking": reasoning, "signature": "c2ln" }));
        }
        let text = answer.joined_text();
        if !text.is_empty() {
            content.push(json!({ "type": "text", "text": text }));
        }
        let tools = answer.tools().into_iter();
        content
            .extend(tools.map(|(id, name, arguments)| json!({ "type": "tool_use", "id": id, "name": name, "input": arguments })));
        message(json!(content), finish(answer.finish), answer.usage.map_or(Value::Null, usage))
    }

    fn frames(&self, answer: &Answer) -> Vec<Frame> {
        let early = answer.usage.filter(|_| !answer.usage_in_tail_only).map(|numbers| UsageNumbers {
            output: 1,
            reasoning: 0,
            ..numbers
        });
        let start = message(json!([]), Value::Null, early.map_or(Value::Null, usage));
        let mut frames = vec![frame("message_start", json!({ "message": start })), frame("ping", json!({}))];
        frames.extend(block_frames(answer));
        let delta = json!({ "stop_reason": finish(answer.finish), "stop_sequence": null });
        frames.push(frame("message_delta", json!({ "delta": delta, "usage": answer.usage.map_or(Value::Null, usage) })));
        frames.push(frame("message_stop", json!({})));
        frames
    }

    fn fault(&self, fault: Fault) -> Script {
        let error = |status: u16, kind: &str, message: &str| {
            let body = json!({ "type": "error", "error": { "type": kind, "message": message }, "request_id": "req_mock" });
            Script::json(status, &body).with_header("request-id", "req_mock")
        };
        match fault {
            Fault::Unauthorised => error(401, "authentication_error", "invalid x-api-key sk-mock"),
            Fault::RateLimited(hint) => hint.on(error(429, "rate_limit_error", "This request would exceed your rate limit.")),
            Fault::QuotaSpent => error(402, "billing_error", "Your credit balance is too low."),
            Fault::Internal => error(500, "api_error", "Internal server error"),
            Fault::Unavailable => error(503, "api_error", "Service unavailable"),
            Fault::Overloaded => error(529, "overloaded_error", "Overloaded"),
            Fault::UnsupportedParameter => error(400, "invalid_request_error", "`temperature` is deprecated for this model."),
            Fault::ContextOverflow => error(400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"),
            Fault::UnknownModel => error(404, "not_found_error", "model: nope"),
        }
    }

    fn in_band_error(&self) -> Frame {
        frame("error", json!({ "error": { "type": "overloaded_error", "message": "Overloaded" } }))
    }

    fn unknown_event(&self) -> Frame {
        frame("telemetry", json!({ "novelty": true }))
    }

    fn temperature_pointer(&self) -> &'static str {
        "/temperature"
    }

    fn aside(&self, request: &Recorded) -> Option<Script> {
        request
            .path
            .ends_with("/count_tokens")
            .then(|| Script::json(200, &json!({ "input_tokens": super::words_in(&request.body) })))
    }
}

impl Hint {
    /// The answer with the hint as a header.
    pub(super) fn on(self, script: Script) -> Script {
        match self {
            Self::Seconds(seconds) | Self::InBody(seconds) => script.with_header("retry-after", seconds.to_string()),
            Self::Date(date) => script.with_header("retry-after", date),
            Self::Millis(millis) => script.with_header("retry-after-ms", millis.to_string()),
            Self::None => script,
        }
    }
}
