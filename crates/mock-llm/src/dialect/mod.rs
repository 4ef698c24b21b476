mod gemini;
mod openai;

use std::fmt::Debug;

use serde_json::Value;

use crate::{Answer, Script};

/// The protocols that the mock speaks. Another one is a module, a variant and a line in [`Protocol::dialect`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// Google Gemini, Developer API, `generateContent`.
    Gemini,
    /// OpenAI chat completions.
    OpenAiChat,
}

impl Protocol {
    /// All of them, for tests that run a script in each.
    pub const ALL: [Self; 2] = [Self::Gemini, Self::OpenAiChat];

    /// How this protocol puts things on the wire.
    pub fn dialect(self) -> &'static dyn Dialect {
        match self {
            Self::Gemini => &gemini::Gemini,
            Self::OpenAiChat => &openai::OpenAiChat,
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
}

impl Frame {
    /// An event without a name.
    pub fn data(value: &Value) -> Self {
        Self { event: None, data: value.to_string() }
    }

    /// The event with the given line end.
    pub fn text(&self, line_end: &str) -> String {
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

    /// An event that no client knows, to be skipped.
    fn unknown_event(&self) -> Frame;

    /// Where a request holds its temperature, as JSON pointer.
    fn temperature_pointer(&self) -> &'static str;
}
