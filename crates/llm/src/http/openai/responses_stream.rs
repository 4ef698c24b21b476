use actix_web::HttpResponse;
use serde_json::{Value, json};

use super::chat_completions::{arguments, model};
use super::chat_stream::{Translate, event_stream};
use super::errors::Refusal;
use super::responses::{Response, call_item, message_item, usage};
use crate::chat::{Delta, Partial};
use crate::{GenerationEvent, Viewer};

/// A stream of a response's events.
pub(super) fn respond(viewer: Viewer) -> HttpResponse {
    let response = Response::begun(viewer.generation(), String::new());
    event_stream(
        viewer,
        Events { response, answer: Partial::default(), usage: Value::Null, sequence: 0, text_open: false, items: 0 },
    )
}

struct Events {
    response: Response,
    answer: Partial,
    usage: Value,
    sequence: u64,
    /// The message item is being written.
    text_open: bool,
    items: u64,
}

impl Events {
    fn write(&mut self, name: &str, mut fields: Value) -> String {
        if let Some(object) = fields.as_object_mut() {
            object.insert("type".to_owned(), json!(name));
            object.insert("sequence_number".to_owned(), json!(self.sequence));
        }
        self.sequence += 1;
        format!("event: {name}\ndata: {fields}\n\n")
    }

    fn text(&mut self, text: &str) -> String {
        let mut out = String::new();
        let item = message_item(self.response.id(), "", "in_progress");
        let id = item.get("id").cloned().unwrap_or_default();
        if !self.text_open {
            self.text_open = true;
            out += &self.write("response.output_item.added", json!({ "output_index": self.items, "item": item }));
            let part = json!({ "type": "output_text", "text": "", "annotations": [] });
            let fields = json!({ "item_id": id, "output_index": self.items, "content_index": 0, "part": part });
            out += &self.write("response.content_part.added", fields);
        }
        let fields = json!({ "item_id": id, "output_index": self.items, "content_index": 0, "delta": text, "logprobs": [] });
        out += &self.write("response.output_text.delta", fields);
        self.answer.text.push_str(text);
        out
    }

    /// Ends the message item, when one is open.
    fn close_text(&mut self) -> String {
        if !std::mem::take(&mut self.text_open) {
            return String::new();
        }
        let text = self.answer.text.clone();
        let item = message_item(self.response.id(), &text, "completed");
        let (id, at) = (item.get("id").cloned().unwrap_or_default(), self.items);
        let place = json!({ "item_id": id, "output_index": at, "content_index": 0, "text": text, "logprobs": [] });
        let part = json!({ "type": "output_text", "text": text, "annotations": [] });
        let mut out = self.write("response.output_text.done", place);
        out += &self
            .write("response.content_part.done", json!({ "item_id": id, "output_index": at, "content_index": 0, "part": part }));
        out += &self.write("response.output_item.done", json!({ "output_index": at, "item": item }));
        self.items += 1;
        out
    }

    fn call(&mut self, call: crate::chat::ToolCall) -> String {
        let mut out = self.close_text();
        let (item, at) = (call_item(&call), self.items);
        let id = item.get("id").cloned().unwrap_or_default();
        let mut opened = item.clone();
        if let Some(fields) = opened.as_object_mut() {
            fields.insert("arguments".to_owned(), json!(""));
            fields.insert("status".to_owned(), json!("in_progress"));
        }
        out += &self.write("response.output_item.added", json!({ "output_index": at, "item": opened }));
        let text = arguments(&call);
        out += &self.write("response.function_call_arguments.delta", json!({ "item_id": id, "output_index": at, "delta": text }));
        let done = json!({ "item_id": id, "output_index": at, "name": call.name, "arguments": text });
        out += &self.write("response.function_call_arguments.done", done);
        out += &self.write("response.output_item.done", json!({ "output_index": at, "item": item }));
        self.items += 1;
        self.answer.tool_calls.push(call);
        out
    }
}

impl Translate for Events {
    fn event(&mut self, event: GenerationEvent) -> String {
        match event {
            GenerationEvent::Start { generation, model: name, provider, .. } => {
                self.response = Response::begun(generation, model(Some(&provider), Some(&name)));
                let begun = json!({ "response": self.response });
                let created = self.write("response.created", begun.clone());
                format!("{created}{}", self.write("response.in_progress", begun))
            }
            GenerationEvent::Delta(Delta::Text(text)) => self.text(&text),
            GenerationEvent::Delta(Delta::ToolCall(call)) => self.call(call),
            // Summaries of thinking are items of their own there; what we have is no summary.
            GenerationEvent::Delta(Delta::Reasoning(_)) => String::new(),
            GenerationEvent::Usage(report) => {
                self.usage = usage(report.input_tokens, report.output_tokens, 0, 0);
                String::new()
            }
            GenerationEvent::Done { finish, .. } => {
                let out = self.close_text();
                let ended = self.response.clone().ended(&self.answer, &finish, self.usage.take());
                let name = format!("response.{}", ended.status());
                format!("{out}{}", self.write(&name, json!({ "response": ended })))
            }
            GenerationEvent::Error { failure, .. } => {
                let failed = self.response.clone().failed(&Refusal::from(&failure).into_body());
                self.write("response.failed", json!({ "response": failed }))
            }
        }
    }
}
