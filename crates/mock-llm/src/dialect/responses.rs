use serde_json::{Value, json};

use super::{Dialect, Fault, Frame};
use crate::{Answer, Finish, Piece, Recorded, Script, UsageNumbers};

/// OpenAI responses.
#[derive(Debug)]
pub(super) struct OpenAiResponses;

fn usage(numbers: UsageNumbers) -> Value {
    let output = numbers.output + numbers.reasoning;
    json!({
        "input_tokens": numbers.input,
        "input_tokens_details": { "cached_tokens": numbers.cached },
        "output_tokens": output,
        "output_tokens_details": { "reasoning_tokens": numbers.reasoning },
        "total_tokens": numbers.input + output,
    })
}

fn response(status: &str, output: Value, answer: Option<&Answer>) -> Value {
    let reason = answer.and_then(|answer| match answer.finish {
        Finish::Length => Some("max_output_tokens"),
        Finish::Filtered | Finish::PromptBlocked => Some("content_filter"),
        Finish::Unknown => Some("paused_by_provider"),
        Finish::Stop | Finish::ToolCalls | Finish::Absent => None,
    });
    json!({
        "id": "resp_mock", "object": "response", "created_at": 1_767_225_600, "model": "gpt-mock", "status": status,
        "output": output, "error": null, "incomplete_details": reason.map(|reason| json!({ "reason": reason })),
        "usage": answer.and_then(|answer| answer.usage).map(usage),
    })
}

fn call_item(id: &str, name: &str, arguments: &str, status: &str) -> Value {
    json!({ "type": "function_call", "id": format!("fc_{id}"), "call_id": id, "name": name, "arguments": arguments, "status": status })
}

fn output(answer: &Answer) -> Vec<Value> {
    let mut items = Vec::new();
    let reasoning = answer.joined_reasoning();
    if !reasoning.is_empty() {
        items.push(json!({ "type": "reasoning", "id": "rs_1", "summary": [{ "type": "summary_text", "text": reasoning }] }));
    }
    let text = answer.joined_text();
    if !text.is_empty() {
        let content = json!([{ "type": "output_text", "text": text, "annotations": [] }]);
        items.push(json!({ "type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": content }));
    }
    let calls = answer.tools().into_iter();
    items.extend(calls.map(|(id, name, arguments)| call_item(id, name, &arguments.to_string(), "completed")));
    items
}

fn end(answer: &Answer) -> (&'static str, &'static str) {
    match answer.finish {
        Finish::Stop | Finish::ToolCalls | Finish::Absent => ("response.completed", "completed"),
        _ => ("response.incomplete", "incomplete"),
    }
}

fn frame(name: &'static str, mut fields: Value) -> Frame {
    if let Some(object) = fields.as_object_mut() {
        object.insert("type".to_owned(), json!(name));
        object.insert("sequence_number".to_owned(), json!(0));
    }
    Frame::named(name, &fields)
}

/// The openings of all calls, then their arguments in halves one call after the other, then their ends.
fn call_frames(answer: &Answer) -> Vec<Frame> {
    let calls: Vec<_> = answer.tools().into_iter().enumerate().map(|(at, call)| (at + 10, call)).collect();
    let opened = calls.iter().map(|(at, (id, name, _))| {
        frame("response.output_item.added", json!({ "output_index": at, "item": call_item(id, name, "", "in_progress") }))
    });
    let half = |second: bool| {
        calls.iter().map(move |(at, (id, _, arguments))| {
            let text = arguments.to_string();
            let middle = text.chars().count() / 2;
            let part: String = if second { text.chars().skip(middle).collect() } else { text.chars().take(middle).collect() };
            let fields = json!({ "output_index": at, "item_id": format!("fc_{id}"), "delta": part, "obfuscation": "q" });
            frame("response.function_call_arguments.delta", fields)
        })
    };
    let closed = calls.iter().map(|(at, (id, name, arguments))| {
        let item = call_item(id, name, &arguments.to_string(), "completed");
        frame("response.output_item.done", json!({ "output_index": at, "item": item }))
    });
    opened.chain(half(false)).chain(half(true)).chain(closed).collect()
}

impl Dialect for OpenAiResponses {
    fn base_path(&self) -> &'static str {
        "/v1"
    }

    fn unary(&self, answer: &Answer) -> Value {
        response(end(answer).1, json!(output(answer)), Some(answer))
    }

    fn frames(&self, answer: &Answer) -> Vec<Frame> {
        let begun = response("in_progress", json!([]), None);
        let mut frames = vec![
            frame("response.created", json!({ "response": begun })),
            frame("response.in_progress", json!({ "response": begun })),
        ];
        for piece in &answer.pieces {
            let (name, text) = match piece {
                Piece::Text(text) => ("response.output_text.delta", text),
                Piece::Reasoning(text) => ("response.reasoning_summary_text.delta", text),
                Piece::Tool { .. } => continue,
            };
            frames.push(frame(name, json!({ "output_index": 0, "content_index": 0, "delta": text, "obfuscation": "x7" })));
        }
        frames.extend(call_frames(answer));
        let (name, status) = end(answer);
        // Some servers leave the output out of the last event.
        frames.push(frame(name, json!({ "response": response(status, json!([]), Some(answer)) })));
        frames
    }

    fn fault(&self, fault: Fault) -> Script {
        super::openai::OpenAiChat.fault(fault)
    }

    fn in_band_error(&self) -> Frame {
        let mut failed = response("failed", json!([]), None);
        if let Some(fields) = failed.as_object_mut() {
            fields.insert("error".to_owned(), json!({ "code": "server_error", "message": "The model failed." }));
        }
        frame("response.failed", json!({ "response": failed }))
    }

    fn in_band_body(&self) -> String {
        json!({ "status": "failed", "error": { "code": "server_error", "message": "The model failed." } }).to_string()
    }

    fn unknown_event(&self) -> Frame {
        frame("response.telemetry", json!({ "novelty": true }))
    }

    fn temperature_pointer(&self) -> &'static str {
        "/temperature"
    }

    fn aside(&self, request: &Recorded) -> Option<Script> {
        super::openai::OpenAiChat.aside(request)
    }
}
