use core_kernel::{Owner, Timestamp, typed_id};

use super::{ConversationId, MessageId};
use crate::chat::Role;
use crate::service::SummaryKind;

typed_id! {
    /// Something that is remembered of a person.
    FactId
}

/// Something that is remembered of a person. It is theirs alone, also in the space of an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Its id.
    pub id: FactId,
    /// Whose space.
    pub owner: Owner,
    /// What.
    pub fact: String,
    /// The conversation that it comes from.
    pub conversation: Option<ConversationId>,
    /// The message that it comes from.
    pub source_message: Option<MessageId>,
    /// When it was noted.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// Raised by every change.
    pub version: i64,
}

/// Something to be remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DraftFact {
    /// What.
    pub fact: String,
    /// The message that it comes from.
    pub source_message: Option<MessageId>,
}

/// What stands for the turns of a branch up to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The last turn that it stands for.
    pub message: MessageId,
    /// How far that is from the root.
    pub depth: i64,
    /// The summary.
    pub text: String,
    /// In the turns' own sentences or in a model's words.
    pub kind: SummaryKind,
    /// Who made it; `offline` for the built-in one.
    pub provider: String,
    /// When.
    pub created_at: Timestamp,
}

/// What would be sent to a model now, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextView {
    /// `provider/model`; empty: none is configured.
    pub model: String,
    /// The most tokens of input and output together.
    pub window: u64,
    /// How many of them are kept free for the answer.
    pub kept_for_answer: u64,
    /// About how many tokens are sent.
    pub tokens: u64,
    /// What is sent, in its order.
    pub parts: Vec<ContextPart>,
    /// What is not.
    pub left_out: Vec<LeftOut>,
}

/// A part of what is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextPart {
    /// `rules`, `template`, `system_prompt`, `context`, `facts`, `summary` or `message`.
    pub kind: String,
    /// Which one.
    pub name: Option<String>,
    /// In whose turn it stands.
    pub role: Role,
    /// Its text.
    pub text: String,
    /// About how many tokens.
    pub tokens: u64,
    /// Why it is there.
    pub why: String,
}

/// Something that is not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// `message`, `fact` or `context`.
    pub kind: String,
    /// Which one.
    pub name: String,
    /// Why not.
    pub why: String,
}
