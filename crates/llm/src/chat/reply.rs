use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Part, ToolCall};
use crate::provider::{FailureClass, ModelError};

/// Why an answer ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FinishReason {
    /// The model was done.
    Stop,
    /// The token limit was reached.
    Length,
    /// The model waits for tools.
    ToolCalls,
    /// A filter refused the prompt or cut the answer.
    ContentFilter,
    /// Somebody stopped it.
    Cancelled,
    /// The provider's own word, or `unspecified` when it ended properly and gave none.
    Other(String),
}

impl FinishReason {
    /// The public word. Provider words that nobody knows yet are `other`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ToolCalls => "tool_calls",
            Self::ContentFilter => "content_filter",
            Self::Cancelled => "cancelled",
            Self::Other(_) => "other",
        }
    }
}

/// Token counts with one meaning for all providers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of the input, cached ones included.
    pub input: u64,
    /// Of those, read from a cache.
    pub input_cached: u64,
    /// Of those, written to a cache, which some providers charge more for.
    #[serde(default)]
    pub input_cache_write: u64,
    /// Tokens of the output, thinking included.
    pub output: u64,
    /// Of those, thinking.
    pub output_reasoning: u64,
    /// The provider's own numbers.
    #[serde(default)]
    pub raw: Value,
}

/// A piece of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Delta {
    /// Text.
    Text(String),
    /// Thinking.
    Reasoning(String),
    /// A whole tool call; fragments are put together before.
    ToolCall(ToolCall),
}

/// Proof that a provider ended an answer on purpose. Only decoders make one, and only from what the provider sent: the end of a
/// body is no proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    finish: FinishReason,
    raw: Option<String>,
}

impl Evidence {
    /// What a provider said about the end of the answer.
    pub(crate) fn seen(finish: FinishReason, raw: Option<String>) -> Self {
        Self { finish, raw }
    }

    /// The reason.
    pub fn finish(&self) -> &FinishReason {
        &self.finish
    }

    /// The provider's own word.
    pub fn raw(&self) -> Option<&str> {
        self.raw.as_deref()
    }
}

/// What a model sends while it answers.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelEvent {
    /// A piece of the answer.
    Delta(Delta),
    /// Token counts; a later one replaces an earlier one.
    Usage(Usage),
    /// The model that really answers, and the provider's id of the response.
    Identity {
        /// Model name as the provider reports it.
        model: Option<String>,
        /// The provider's id of the response.
        response_id: Option<String>,
    },
    /// The provider's id of the request, from its headers.
    RequestId(String),
    /// The proper end. Nothing comes after it.
    Finished(Evidence),
}

impl ModelEvent {
    /// The same event without U+0000, which PostgreSQL stores in no text; U+FFFD stands for it.
    pub(crate) fn storable(self) -> Self {
        match self {
            Self::Delta(Delta::Text(text)) => Self::Delta(Delta::Text(storable(text))),
            Self::Delta(Delta::Reasoning(text)) => Self::Delta(Delta::Reasoning(storable(text))),
            Self::Delta(Delta::ToolCall(call)) => Self::Delta(Delta::ToolCall(ToolCall {
                id: storable(call.id),
                name: storable(call.name),
                arguments: storable_json(call.arguments),
                signature: call.signature.map(storable),
            })),
            Self::Usage(usage) => Self::Usage(Usage { raw: storable_json(usage.raw), ..usage }),
            Self::Identity { model, response_id } => {
                Self::Identity { model: model.map(storable), response_id: response_id.map(storable) }
            }
            Self::RequestId(id) => Self::RequestId(storable(id)),
            Self::Finished(Evidence { finish, raw }) => Self::Finished(Evidence { finish, raw: raw.map(storable) }),
        }
    }
}

fn storable(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

/// The same document with U+FFFD for U+0000, which not every database stores.
pub(crate) fn storable_json(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(storable(text)),
        Value::Array(items) => items.into_iter().map(storable_json).collect(),
        Value::Object(fields) => fields.into_iter().map(|(key, value)| (storable(key), storable_json(value))).collect(),
        plain => plain,
    }
}

/// What arrived of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Partial {
    /// The text.
    pub text: String,
    /// The thinking.
    pub reasoning: String,
    /// Whole tool calls.
    pub tool_calls: Vec<ToolCall>,
    /// What calls gave that were run while the answer was made.
    pub tool_results: Vec<Part>,
    /// The last token counts.
    pub usage: Option<Usage>,
    /// Model name as the provider reports it.
    pub model: Option<String>,
    /// The provider's id of the response.
    pub response_id: Option<String>,
    /// The provider's id of the request, from its headers.
    pub request_id: Option<String>,
}

impl Partial {
    /// True when nothing was shown to anybody.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty() && self.reasoning.is_empty() && self.tool_calls.is_empty()
    }

    /// Takes an event in; gives the evidence back when it is the end.
    pub fn absorb(&mut self, event: ModelEvent) -> Option<Evidence> {
        match event {
            ModelEvent::Delta(Delta::Text(text)) => self.text.push_str(&text),
            ModelEvent::Delta(Delta::Reasoning(text)) => self.reasoning.push_str(&text),
            ModelEvent::Delta(Delta::ToolCall(call)) => self.tool_calls.push(call),
            ModelEvent::Usage(usage) => self.usage = Some(usage),
            ModelEvent::Identity { model, response_id } => {
                self.model = model.or_else(|| self.model.take());
                self.response_id = response_id.or_else(|| self.response_id.take());
            }
            ModelEvent::RequestId(id) => self.request_id = Some(id),
            ModelEvent::Finished(evidence) => return Some(evidence),
        }
        None
    }

    /// The parts of the assistant's message.
    pub fn parts(&self) -> Vec<Part> {
        let mut parts = Vec::new();
        if !self.reasoning.is_empty() {
            parts.push(Part::Reasoning { text: self.reasoning.clone() });
        }
        if !self.text.is_empty() {
            parts.push(Part::text(self.text.clone()));
        }
        parts.extend(self.tool_calls.iter().map(|call| Part::ToolCall { call: call.clone() }));
        parts.extend(self.tool_results.iter().cloned());
        parts
    }
}

/// A whole answer: what was said and the proof that it ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion {
    /// What was said.
    pub answer: Partial,
    /// How it ended.
    pub evidence: Evidence,
}

/// An answer that broke off: what arrived and why there is no more.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{cause}")]
pub struct Truncated {
    /// What arrived.
    pub partial: Box<Partial>,
    /// Why it ended.
    #[source]
    pub cause: ModelError,
}

/// Puts an answer together. Without evidence it is [`Truncated`], however tidy the body ended.
#[derive(Debug, Default)]
pub struct Collector {
    partial: Partial,
    evidence: Option<Evidence>,
    failure: Option<ModelError>,
}

impl Collector {
    /// Takes an event or a failure in. After a failure nothing counts any more.
    pub fn take(&mut self, event: Result<ModelEvent, ModelError>) {
        if self.failure.is_some() || self.evidence.is_some() {
            return;
        }
        match event {
            Ok(event) => self.evidence = self.partial.absorb(event),
            Err(failure) => self.failure = Some(failure),
        }
    }

    /// The body has ended.
    pub fn end(self) -> Result<Completion, Truncated> {
        match (self.evidence, self.failure) {
            (Some(evidence), None) => Ok(Completion { answer: self.partial, evidence }),
            (_, failure) => {
                let cause = failure.unwrap_or_else(|| {
                    ModelError::new(FailureClass::Truncated, "the provider's answer ended without saying that it was complete")
                });
                Err(Truncated { partial: Box::new(self.partial), cause })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_just_ends_is_truncated_and_keeps_its_text() {
        let mut collector = Collector::default();
        collector.take(Ok(ModelEvent::Delta(Delta::Text("Hel".into()))));
        let truncated = collector.end().unwrap_err();
        assert_eq!(truncated.partial.text, "Hel");
        assert_eq!(truncated.cause.class, FailureClass::Truncated);
    }

    #[test]
    fn what_can_not_be_stored_is_replaced_everywhere() {
        let arguments = serde_json::json!({ "a\u{0}": ["b\u{0}", 1] });
        assert!(core_kernel::holds_nul(&arguments));
        let call = ToolCall { id: "\0".into(), name: "n".into(), arguments, signature: None };
        let ModelEvent::Delta(Delta::ToolCall(call)) = ModelEvent::Delta(Delta::ToolCall(call)).storable() else { panic!() };
        assert_eq!((call.id.as_str(), core_kernel::holds_nul(&call.arguments)), ("\u{fffd}", false));
    }

    #[test]
    fn evidence_makes_it_complete_and_later_usage_wins() {
        let mut collector = Collector::default();
        collector.take(Ok(ModelEvent::Usage(Usage { output: 1, ..Usage::default() })));
        collector.take(Ok(ModelEvent::Delta(Delta::Text("Hi".into()))));
        collector.take(Ok(ModelEvent::Usage(Usage { output: 9, ..Usage::default() })));
        collector.take(Ok(ModelEvent::Finished(Evidence::seen(FinishReason::Stop, None))));
        let whole = collector.end().unwrap();
        assert_eq!((whole.answer.text.as_str(), whole.answer.usage.unwrap().output), ("Hi", 9));
    }
}
