mod anthropic;
mod gemini;
mod ollama;
mod openai;
mod responses;

use std::fmt::Debug;

use serde_json::{Value, json};

use crate::{Answer, Recorded, Script};

/// The protocols that the mock speaks. Another one is a module, a variant and a line in [`Protocol::dialect`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// Google Gemini, Developer API, `generateContent`.
    Gemini,
    /// OpenAI chat completions.
    OpenAiChat,
    /// OpenAI responses.
    OpenAiResponses,
    /// Anthropic messages.
    Anthropic,
    /// Ollama's own interface.
    Ollama,
}

impl Protocol {
    /// All of them, for tests that run a script in each.
    pub const ALL: [Self; 5] = [Self::Gemini, Self::OpenAiChat, Self::OpenAiResponses, Self::Anthropic, Self::Ollama];

    /// How this protocol puts things on the wire.
    pub fn dialect(self) -> &'static dyn Dialect {
        match self {
            Self::Gemini => &gemini::Gemini,
            Self::OpenAiChat => &openai::OpenAiChat,
            Self::OpenAiResponses => &responses::OpenAiResponses,
            Self::Anthropic => &anthropic::Anthropic,
            Self::Ollama => &ollama::Ollama,
        }
    }
}

/// One event of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The `event:` field, where the protocol names its events.
    pub event: Option<&'static str>,
    /// The `data:` field, one line.
    pub data: String,
    /// It is a line of its own and no event.
    pub bare: bool,
}

impl Frame {
    /// An event without a name.
    pub fn data(value: &Value) -> Self {
        Self { event: None, data: value.to_string(), bare: false }
    }

    /// An event with a name.
    pub fn named(name: &'static str, value: &Value) -> Self {
        Self { event: Some(name), data: value.to_string(), bare: false }
    }

    /// A line of JSON.
    pub fn line(value: &Value) -> Self {
        Self { event: None, data: value.to_string(), bare: true }
    }

    /// The event with the given line end.
    pub fn text(&self, line_end: &str) -> String {
        if self.bare {
            // A line of JSON ends with a line feed, whatever stands before it.
            return if line_end == "\r\n" { format!("{}\r\n", self.data) } else { format!("{}\n", self.data) };
        }
        let name = self.event.map(|event| format!("event: {event}{line_end}")).unwrap_or_default();
        format!("{name}data: {}{line_end}{line_end}", self.data)
    }
}

/// How long a provider asks a client to wait, in each form that is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// `Retry-After: <seconds>`.
    Seconds(u32),
    /// `Retry-After: <HTTP date>`, the given text.
    Date(&'static str),
    /// `Retry-After-Ms: <milliseconds>`.
    Millis(u32),
    /// In the error's own details (Gemini's `RetryInfo`); protocols without such details send seconds.
    InBody(u32),
    /// No hint.
    None,
}

/// What goes wrong before an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The key is wrong.
    Unauthorised,
    /// Too many requests.
    RateLimited(Hint),
    /// A quota that no waiting of minutes refills.
    QuotaSpent,
    /// 500.
    Internal,
    /// 503.
    Unavailable,
    /// 529, as some proxies and vendors send it.
    Overloaded,
    /// 400 that names the field `temperature`.
    UnsupportedParameter,
    /// The prompt is longer than the model's window.
    ContextOverflow,
    /// The model is not known.
    UnknownModel,
}

/// How one protocol puts answers and faults on the wire.
pub trait Dialect: Send + Sync + Debug {
    /// What follows host and port in the base URL that a client is given.
    fn base_path(&self) -> &'static str;

    /// The body of a unary answer.
    fn unary(&self, answer: &Answer) -> Value;

    /// The events of a streamed answer, terminal evidence included.
    fn frames(&self, answer: &Answer) -> Vec<Frame>;

    /// An error in place of an answer.
    fn fault(&self, fault: Fault) -> Script;

    /// An error inside a stream that began with 200.
    fn in_band_error(&self) -> Frame;

    /// The same error as a whole body under 200.
    fn in_band_body(&self) -> String {
        self.in_band_error().data
    }

    /// The content type of a stream.
    fn content_type(&self) -> &'static str {
        "text/event-stream; charset=utf-8"
    }

    /// The answer to what is no chat, such as embeddings and counts; none: it is a chat.
    fn aside(&self, _request: &Recorded) -> Option<Script> {
        None
    }

    /// An event that no client knows, to be skipped.
    fn unknown_event(&self) -> Frame;

    /// Where a request holds its temperature, as JSON pointer.
    fn temperature_pointer(&self) -> &'static str;
}

/// A count that a test can foresee: the words of all texts of a request.
fn words_in(body: &Value) -> usize {
    match body {
        Value::String(text) => text.split_whitespace().count(),
        Value::Array(items) => items.iter().map(words_in).sum(),
        Value::Object(fields) => fields.values().map(words_in).sum(),
        _ => 0,
    }
}

/// A vector a text: its length, its words, one.
fn vector(text: &str) -> Value {
    json!([text.len(), text.split_whitespace().count(), 1.0])
}

fn embeddings_of(body: &Value) -> Vec<Value> {
    match body.get("input") {
        Some(Value::String(text)) => vec![vector(text)],
        Some(Value::Array(texts)) => texts.iter().map(|text| vector(text.as_str().unwrap_or_default())).collect(),
        _ => Vec::new(),
    }
}
