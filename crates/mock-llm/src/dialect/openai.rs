use serde_json::{Value, json};

use super::{Dialect, Fault, Frame};
use crate::{Answer, Finish, Piece, Recorded, Script, UsageNumbers};

/// OpenAI chat completions.
#[derive(Debug)]
pub(super) struct OpenAiChat;

const MODEL: &str = "gpt-mock";

fn usage(numbers: UsageNumbers) -> Value {
    let output = numbers.output + numbers.reasoning;
    json!({
        "prompt_tokens": numbers.input,
        "completion_tokens": output,
        "total_tokens": numbers.input + output,
        "prompt_tokens_details": { "cached_tokens": numbers.cached },
        "completion_tokens_details": { "reasoning_tokens": numbers.reasoning },
    })
}

fn finish(finish: Finish) -> Value {
    match finish {
        Finish::Stop => json!("stop"),
        Finish::Length => json!("length"),
        Finish::ToolCalls => json!("tool_calls"),
        Finish::Filtered | Finish::PromptBlocked => json!("content_filter"),
        Finish::Unknown => json!("paused_by_provider"),
        Finish::Absent => Value::Null,
    }
}

fn chunk(choices: Value) -> Value {
    json!({
        "id": "chatcmpl-mock", "object": "chat.completion.chunk", "created": 1_767_225_600, "model": MODEL,
        "choices": choices, "usage": null, "obfuscation": "x7Gh2",
    })
}

fn delta(delta: Value) -> Frame {
    Frame::data(&chunk(json!([{ "index": 0, "delta": delta, "finish_reason": null }])))
}

/// The openings of all calls first, then their arguments in halves, one call after the other: interleaved by index.
fn tool_frames(answer: &Answer) -> Vec<Frame> {
    let tools: Vec<_> = answer.tools().into_iter().enumerate().collect();
    let opening = tools.iter().map(|(index, (id, name, _))| {
        let function = json!({ "name": name, "arguments": "" });
        delta(json!({ "tool_calls": [{ "index": index, "id": id, "type": "function", "function": function }] }))
    });
    let half = |second: bool| {
        tools.iter().map(move |(index, (_, _, arguments))| {
            let text = arguments.to_string();
            let middle = text.chars().count() / 2;
            let part: String = if second { text.chars().skip(middle).collect() } else { text.chars().take(middle).collect() };
            delta(json!({ "tool_calls": [{ "index": index, "function": { "arguments": part } }] }))
        })
    };
    opening.chain(half(false)).chain(half(true)).collect()
}

impl Dialect for OpenAiChat {
    fn base_path(&self) -> &'static str {
        "/v1"
    }

    fn unary(&self, answer: &Answer) -> Value {
        let text = answer.joined_text();
        let mut message = json!({
            "role": "assistant",
            "content": if text.is_empty() { Value::Null } else { json!(text) },
            "refusal": null,
        });
        let reasoning = answer.joined_reasoning();
        let calls: Vec<Value> = answer
            .tools()
            .into_iter()
            .map(|(id, name, arguments)| {
                json!({ "id": id, "type": "function", "function": { "name": name, "arguments": arguments.to_string() } })
            })
            .collect();
        if let Some(fields) = message.as_object_mut() {
            if !reasoning.is_empty() {
                fields.insert("reasoning_content".to_owned(), json!(reasoning));
            }
            if !calls.is_empty() {
                fields.insert("tool_calls".to_owned(), json!(calls));
            }
        }
        let mut body = json!({
            "id": "chatcmpl-mock", "object": "chat.completion", "created": 1_767_225_600, "model": MODEL,
            "choices": [{ "index": 0, "message": message, "finish_reason": finish(answer.finish), "logprobs": null }],
        });
        if let (Some(fields), Some(numbers)) = (body.as_object_mut(), answer.usage) {
            fields.insert("usage".to_owned(), usage(numbers));
        }
        body
    }

    fn frames(&self, answer: &Answer) -> Vec<Frame> {
        let mut frames = vec![delta(json!({ "role": "assistant", "content": "" }))];
        for piece in &answer.pieces {
            match piece {
                Piece::Text(text) => frames.push(delta(json!({ "content": text }))),
                Piece::Reasoning(text) => frames.push(delta(json!({ "reasoning_content": text }))),
                Piece::Tool { .. } => {}
            }
        }
        frames.extend(tool_frames(answer));
        let last = json!([{ "index": 0, "delta": {}, "finish_reason": finish(answer.finish) }]);
        frames.push(Frame::data(&chunk(last)));
        if let Some(numbers) = answer.usage {
            let mut tail = chunk(json!([]));
            if let Some(fields) = tail.as_object_mut() {
                fields.insert("usage".to_owned(), usage(numbers));
            }
            frames.push(Frame::data(&tail));
        }
        frames.push(Frame { event: None, data: "[DONE]".to_owned(), bare: false });
        frames
    }

    fn fault(&self, fault: Fault) -> Script {
        let error = |status, message: &str, kind: &str, param: Value, code: Value| {
            let error = json!({ "message": message, "type": kind, "param": param, "code": code });
            Script::json(status, &json!({ "error": error })).with_header("x-request-id", "req_mock")
        };
        match fault {
            Fault::Unauthorised => {
                let message = "Incorrect API key provided: sk-mock-****.";
                error(401, message, "invalid_request_error", Value::Null, json!("invalid_api_key"))
            }
            Fault::RateLimited(hint) => {
                let script = error(429, "Rate limit reached.", "requests", Value::Null, json!("rate_limit_exceeded"));
                hint.on(script)
            }
            Fault::QuotaSpent => {
                let message = "You exceeded your current quota, please check your plan and billing details.";
                error(429, message, "insufficient_quota", Value::Null, json!("insufficient_quota"))
            }
            Fault::Internal => error(500, "The server had an error.", "server_error", Value::Null, Value::Null),
            Fault::Unavailable => error(503, "The engine is overloaded.", "server_error", Value::Null, Value::Null),
            Fault::Overloaded => error(529, "Overloaded.", "overloaded_error", Value::Null, Value::Null),
            Fault::UnsupportedParameter => {
                let message = "Unsupported parameter: 'temperature' is not supported with this model.";
                error(400, message, "invalid_request_error", json!("temperature"), json!("unsupported_parameter"))
            }
            Fault::ContextOverflow => {
                let message = "This model's maximum context length is 8192 tokens.";
                error(400, message, "invalid_request_error", json!("messages"), json!("context_length_exceeded"))
            }
            Fault::UnknownModel => {
                let message = "The model `nope` does not exist or you do not have access to it.";
                error(404, message, "invalid_request_error", Value::Null, json!("model_not_found"))
            }
        }
    }

    fn in_band_error(&self) -> Frame {
        let error = json!({ "message": "The server had an error.", "type": "server_error", "param": null, "code": null });
        Frame::data(&json!({ "error": error }))
    }

    fn unknown_event(&self) -> Frame {
        Frame::named("telemetry", &json!({ "object": "telemetry.sample", "novelty": [1, 2] }))
    }

    fn temperature_pointer(&self) -> &'static str {
        "/temperature"
    }

    fn aside(&self, request: &Recorded) -> Option<Script> {
        request.path.ends_with("/embeddings").then(|| {
            let row = |(index, vector): (usize, Value)| json!({ "object": "embedding", "index": index, "embedding": vector });
            // Not in their order: the index tells.
            let rows: Vec<Value> = super::embeddings_of(&request.body).into_iter().enumerate().map(row).rev().collect();
            let tokens = super::words_in(request.body.get("input").unwrap_or(&Value::Null));
            let usage = json!({ "prompt_tokens": tokens, "total_tokens": tokens });
            let bill = UsageNumbers { input: tokens as u64, ..UsageNumbers::default() };
            Script::json(200, &json!({ "object": "list", "data": rows, "model": MODEL, "usage": usage })).billed(bill, bill)
        })
    }
}
