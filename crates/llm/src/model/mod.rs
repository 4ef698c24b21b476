//! Conversations, messages and generations: parsed once and valid afterwards.

mod attempt;
mod conversation;
mod event;
mod generation;
mod memory;
mod policy;

pub use attempt::{Attempt, AttemptCause, AttemptId};
pub(crate) use conversation::nul;
pub use conversation::{
    Branch, Changes, Conversation, ConversationId, DraftConversation, Message, MessageId, MessageStatus, NewMessage, Placed,
    Regenerate, title_of,
};
pub use event::{EventPosition, GenerationEvent, PositionedEvent, UsageReport};
pub use generation::{Confirmation, Generation, GenerationId, GenerationState, Purpose, Settlement, UsageSource};
pub use memory::{ContextPart, ContextView, DraftFact, Fact, FactId, LeftOut, Summary};
pub use policy::{Account, BudgetPeriod, Policy, PolicyRules, PolicyScope, Reservation, UsageBy, UsageLine};
