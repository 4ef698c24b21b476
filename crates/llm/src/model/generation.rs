use core_kernel::{Owner, Timestamp, UserId, typed_id};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{Attempt, ConversationId, MessageId, MessageStatus, Reservation};
use crate::catalogue::Cost;
use crate::chat::{FinishReason, Partial, ToolCall, Usage};
use crate::error::Failure;
use crate::routing::Adjustment;

typed_id! {
    /// A generation: one request to a model and what became of it.
    GenerationId
}

/// How far a generation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum GenerationState {
    /// At work.
    Running,
    /// The provider said that it is whole.
    Complete,
    /// It broke off; what arrived is there.
    Truncated,
    /// Somebody stopped it, or its client left.
    Cancelled,
    /// Nothing arrived.
    Failed,
    /// The server stopped while it ran.
    Interrupted,
}

impl GenerationState {
    const ALL: [Self; 6] = [Self::Running, Self::Complete, Self::Truncated, Self::Cancelled, Self::Failed, Self::Interrupted];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Complete => "complete",
            Self::Truncated => "truncated",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// What a generation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// `/llm/prompt`.
    Prompt,
    /// `/llm/chat`.
    Chat,
    /// `/llm/summarize`.
    Summarize,
    /// A message of a conversation.
    Message,
    /// `/llm/code-prompt`.
    CodePrompt,
    /// `/llm/embeddings`.
    Embedding,
    /// A summary of a conversation's earlier turns.
    Memory,
}

impl Purpose {
    const ALL: [Self; 7] =
        [Self::Prompt, Self::Chat, Self::Summarize, Self::Message, Self::CodePrompt, Self::Embedding, Self::Memory];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prompt => "prompt",
            Self::Chat => "chat",
            Self::Summarize => "summarize",
            Self::Message => "message",
            Self::CodePrompt => "code_prompt",
            Self::Embedding => "embedding",
            Self::Memory => "memory",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == word)
    }
}

/// Where token counts come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum UsageSource {
    /// The provider said so, of the whole answer.
    Reported,
    /// Made from the text: the answer broke off, or the provider reports nothing.
    Estimated,
    /// Nothing was sent to a provider, so nothing was used.
    None,
}

impl UsageSource {
    const ALL: [Self; 3] = [Self::Reported, Self::Estimated, Self::None];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Estimated => "estimated",
            Self::None => "none",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == word)
    }
}

/// One request to a model, from its start on.
#[derive(Clone, Debug, PartialEq)]
pub struct Generation {
    /// Its id.
    pub id: GenerationId,
    /// Whose space.
    pub owner: Owner,
    /// Who asked.
    pub created_by: UserId,
    /// For what.
    pub purpose: Purpose,
    /// The conversation, for a message.
    pub conversation: Option<ConversationId>,
    /// The user's message, for a message.
    pub user_message: Option<MessageId>,
    /// The assistant's message, for a message.
    pub assistant_message: Option<MessageId>,
    /// How far it has come.
    pub state: GenerationState,
    /// The provider that answers; the first planned one while none does.
    pub provider: Option<String>,
    /// Its model.
    pub model: Option<String>,
    /// What arrived so far.
    pub text: String,
    /// The thinking that arrived so far.
    pub reasoning: String,
    /// The tool calls that arrived.
    pub tool_calls: Vec<ToolCall>,
    /// Why it ended.
    pub finish_reason: Option<String>,
    /// The provider's own word for it.
    pub finish_raw: Option<String>,
    /// Token counts of all attempts together.
    pub usage: Usage,
    /// Where they come from.
    pub usage_source: UsageSource,
    /// What it costs, in millionths of the currency.
    pub cost_micros: i64,
    /// The currency (ISO 4217).
    pub currency: String,
    /// The row of the price table; none: no price is known.
    pub price: Option<String>,
    /// The API key that asked.
    pub api_key: Option<Uuid>,
    /// What is set aside for it while it runs.
    pub reservation: Option<Reservation>,
    /// The generation that this one continues.
    pub parent: Option<GenerationId>,
    /// Tool calls that wait for the person.
    pub confirmations: Vec<Confirmation>,
    /// What went wrong.
    pub failure: Option<Failure>,
    /// The provider's id of the response.
    pub response_id: Option<String>,
    /// The provider's id of the request, from its headers.
    pub request_id: Option<String>,
    /// How many requests to providers it took; a single one stands in this row alone.
    pub attempts: i64,
    /// What was changed so that a provider would take it.
    pub adjustments: Vec<Adjustment>,
    /// Our own time before the provider was asked, in milliseconds.
    pub overhead_ms: i64,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Raised by every change.
    pub version: i64,
}

/// A tool call that changes something and waits for the person's word.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct Confirmation {
    /// Which call.
    pub call_id: String,
    /// The tool's name in the catalogue of features, such as `fitness.log_set`.
    pub tool: String,
    /// What it would be called with.
    pub arguments: Value,
    /// To be sent back with the decision; signed for this call, these arguments and this person.
    pub token: String,
    /// Until when it counts.
    pub expires_at: Timestamp,
}

/// The end of a generation, ready to be stored and told.
#[derive(Clone, Debug, PartialEq)]
pub struct Settlement {
    /// How it ended.
    pub state: GenerationState,
    /// What arrived.
    pub answer: Partial,
    /// Why it ended; none after a failure.
    pub finish: Option<FinishReason>,
    /// The provider's own word for it.
    pub finish_raw: Option<String>,
    /// Token counts.
    pub usage: Usage,
    /// Where they come from.
    pub usage_source: UsageSource,
    /// What it costs, its failed attempts included.
    pub cost: Cost,
    /// The requests behind it.
    pub attempts: Vec<Attempt>,
    /// Tool calls that wait for the person.
    pub confirmations: Vec<Confirmation>,
    /// What went wrong.
    pub failure: Option<Failure>,
    /// The provider that answered last.
    pub provider: Option<String>,
    /// Its model.
    pub model: Option<String>,
    /// What was changed so that a provider would take it.
    pub adjustments: Vec<Adjustment>,
    /// Our own time before the provider was asked, in milliseconds.
    pub overhead_ms: i64,
}

impl Settlement {
    /// The end of something that no provider was asked for.
    pub(crate) fn offline(model: &str, answer: Partial) -> Self {
        Self {
            state: GenerationState::Complete,
            answer,
            finish: Some(FinishReason::Stop),
            finish_raw: None,
            usage: Usage::default(),
            usage_source: UsageSource::None,
            cost: Cost::default(),
            attempts: Vec::new(),
            confirmations: Vec::new(),
            failure: None,
            provider: Some(crate::provider::OFFLINE_PROVIDER.to_owned()),
            model: Some(model.to_owned()),
            adjustments: Vec::new(),
            overhead_ms: 0,
        }
    }

    /// What the assistant's message becomes.
    pub(crate) fn message_status(&self) -> MessageStatus {
        match self.state {
            GenerationState::Complete => MessageStatus::Complete,
            GenerationState::Cancelled => MessageStatus::Cancelled,
            _ if self.answer.is_empty() => MessageStatus::Failed,
            _ => MessageStatus::Partial,
        }
    }

    /// The public word for the end.
    pub(crate) fn finish_word(&self) -> Option<String> {
        self.finish.as_ref().map(|finish| finish.as_str().to_owned())
    }

    /// The token counts as a JSON document.
    pub(crate) fn usage_document(&self) -> Value {
        serde_json::to_value(&self.usage).unwrap_or_default()
    }
}
