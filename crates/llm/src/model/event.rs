use std::fmt;
use std::str::FromStr;

use super::{Confirmation, ConversationId, GenerationId, Message, MessageId, UsageSource};
use crate::chat::{Delta, FinishReason, Partial};
use crate::error::Failure;
use crate::routing::Adjustment;

/// What the viewers of a generation get, in order: `Start`, any number of `Delta`, `Usage`, then exactly one of `Done` and
/// `Error`.
#[derive(Clone, Debug, PartialEq)]
pub enum GenerationEvent {
    /// It has begun; nothing is known of the provider yet but the plan.
    Start {
        /// Its id.
        generation: GenerationId,
        /// The conversation, for a message.
        conversation: Option<ConversationId>,
        /// The stored message of the user, for a message.
        user_message: Option<Box<Message>>,
        /// The id of the message being written, for a message.
        assistant_message: Option<MessageId>,
        /// The planned model.
        model: String,
        /// The planned provider.
        provider: String,
    },
    /// A piece of the answer.
    Delta(Delta),
    /// What it took.
    Usage(UsageReport),
    /// It is whole, or somebody stopped it.
    Done {
        /// Why it ended.
        finish: FinishReason,
        /// The message as it is stored now, for a message.
        assistant_message: Option<Box<Message>>,
        /// The provider that answered.
        provider: String,
        /// Its model.
        model: String,
        /// What was changed so that a provider would take it.
        adjustments: Vec<Adjustment>,
        /// Tool calls that wait for the person.
        confirmations: Vec<Confirmation>,
    },
    /// It failed.
    Error {
        /// How.
        failure: Failure,
        /// What arrived.
        partial: Partial,
        /// The message as it is stored now, for a message.
        assistant_message: Option<Box<Message>>,
    },
}

impl GenerationEvent {
    /// The name of the event in a stream.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Start { .. } => "start",
            Self::Delta(_) => "delta",
            Self::Usage(_) => "usage",
            Self::Done { .. } => "done",
            Self::Error { .. } => "error",
        }
    }

    /// True for the last event.
    pub const fn is_terminal(&self) -> bool {
        matches!(self, Self::Done { .. } | Self::Error { .. })
    }
}

/// What a generation took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageReport {
    /// Tokens of the input.
    pub input_tokens: u64,
    /// Tokens of the output.
    pub output_tokens: u64,
    /// Where the counts come from.
    pub source: UsageSource,
    /// Cost in millionths of the currency.
    pub cost_micros: i64,
    /// The currency (ISO 4217).
    pub currency: String,
}

/// Where an event stands: how much text, thinking and tool calls precede its end. It is the event's id, and since it counts what
/// is stored, a stream can be resumed from the row alone, at any replica and after a restart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventPosition {
    /// 0 for `start`, 1 for deltas, 2 for `usage`, 3 for the end.
    pub stage: u8,
    /// Bytes of text so far.
    pub text: usize,
    /// Bytes of thinking so far.
    pub reasoning: usize,
    /// Tool calls so far.
    pub tool_calls: usize,
}

impl fmt::Display for EventPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}.{}", self.stage, self.text, self.reasoning, self.tool_calls)
    }
}

impl FromStr for EventPosition {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(4, '.');
        let mut next = || parts.next().unwrap_or_default();
        Ok(Self { stage: next().parse()?, text: next().parse()?, reasoning: next().parse()?, tool_calls: next().parse()? })
    }
}

impl EventPosition {
    /// The position after `event`, which follows an event at this position.
    #[must_use]
    pub fn after(mut self, event: &GenerationEvent) -> Self {
        match event {
            GenerationEvent::Start { .. } => {}
            GenerationEvent::Delta(delta) => {
                self.stage = 1;
                match delta {
                    Delta::Text(text) => self.text += text.len(),
                    Delta::Reasoning(text) => self.reasoning += text.len(),
                    Delta::ToolCall(_) => self.tool_calls += 1,
                }
            }
            GenerationEvent::Usage(_) => self.stage = 2,
            GenerationEvent::Done { .. } | GenerationEvent::Error { .. } => self.stage = 3,
        }
        self
    }
}

/// An event with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct PositionedEvent {
    /// Where it ends.
    pub position: EventPosition,
    /// What it says.
    pub event: GenerationEvent,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_back_from_its_text() {
        let position = EventPosition { stage: 1, text: 42, reasoning: 7, tool_calls: 0 };
        assert_eq!(position.to_string().parse::<EventPosition>().unwrap(), position);
        for broken in ["", "1", "1.2.3", "a.b.c.d", "1.2.3.4.5"] {
            assert!(broken.parse::<EventPosition>().is_err(), "{broken}");
        }
    }
}
