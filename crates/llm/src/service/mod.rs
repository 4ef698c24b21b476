//! The facades: what handlers, other features' adapters and tests call.

mod measuring;
mod memories;
mod policies;
mod templates;

use async_trait::async_trait;
use core_kernel::{Actor, Page, PageRequest, Timestamp};
use futures_util::stream::BoxStream;

use crate::breaker::BreakerState;
use crate::catalogue::ModelFacts;
use crate::chat::{Message as ChatMessage, ToolSpec};
use crate::code::Translated;
use crate::conversations_archive::ConversationArchive;
use crate::error::LlmError;
use crate::live::Viewer;
use crate::model::{
    Attempt, Changes, Confirmation, ContextView, Conversation, ConversationId, DraftConversation, EventPosition, Generation,
    GenerationId, Message, MessageId, NewMessage, PositionedEvent, Regenerate, Summary,
};
use crate::store::generations::Repeat;

pub use measuring::{Embed, Embedded, Measuring, TokenCount};
pub use memories::Memories;
pub use policies::Policies;
pub use templates::{PromptTemplate, TemplateSource, Templates};

/// Conversations of the space that the actor acts for.
#[async_trait]
pub trait Conversations: Send + Sync {
    /// Begins one.
    async fn create(&self, actor: &Actor, draft: DraftConversation) -> Result<Conversation, LlmError>;

    /// One that the actor may see.
    async fn get(&self, actor: &Actor, id: ConversationId) -> Result<Conversation, LlmError>;

    /// Those that the actor may see.
    async fn list(&self, actor: &Actor, filter: ConversationFilter, page: PageRequest) -> Result<Page<Conversation>, LlmError>;

    /// Changes one. With `version`, only while it has that version.
    async fn update(
        &self,
        actor: &Actor,
        id: ConversationId,
        changes: Changes,
        version: Option<i64>,
    ) -> Result<Conversation, LlmError>;

    /// Deletes one with its messages; what is being written there is stopped. The accounts of its generations stay, without
    /// their words.
    async fn delete(&self, actor: &Actor, id: ConversationId, version: Option<i64>) -> Result<(), LlmError>;

    /// Summarises the active branch up to its newest turns. The summary stands for them in what a model is sent from now on.
    async fn summarize(&self, actor: &Actor, id: ConversationId) -> Result<Summary, LlmError>;

    /// The whole tree as a document.
    async fn export(&self, actor: &Actor, id: ConversationId) -> Result<ConversationArchive, LlmError>;

    /// A conversation of a document.
    async fn import(&self, actor: &Actor, archive: ConversationArchive) -> Result<Conversation, LlmError>;
}

/// Which conversations a list shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConversationFilter {
    /// Words that the title holds, in any order.
    pub query: Option<String>,
    /// Only those put away, or only the others.
    pub archived: Option<bool>,
}

/// Messages of a conversation.
#[async_trait]
pub trait Messages: Send + Sync {
    /// The active branch, or with `whole_tree` every message.
    async fn list(
        &self,
        actor: &Actor,
        conversation: ConversationId,
        whole_tree: bool,
        page: PageRequest,
    ) -> Result<Page<Message>, LlmError>;

    /// Stores the user's message and begins the answer. The generation finishes and is stored also when everybody leaves. Where
    /// no model is configured, the message is stored all the same ([`LlmError::Unanswered`]).
    async fn send(
        &self,
        actor: &Actor,
        conversation: ConversationId,
        message: NewMessage,
        delivery: Delivery,
    ) -> Result<Viewer, LlmError>;

    /// Another answer to the same question, on a branch of its own. `message` is the answer, or the question.
    async fn regenerate(
        &self,
        actor: &Actor,
        conversation: ConversationId,
        message: MessageId,
        how: Regenerate,
        delivery: Delivery,
    ) -> Result<Viewer, LlmError>;

    /// What a model would be sent now, and why; made by the code that sends it.
    async fn context(&self, actor: &Actor, conversation: ConversationId, model: Option<&str>) -> Result<ContextView, LlmError>;

    /// Deletes a message with everything below it. The active branch then ends above it, if it went through it.
    async fn delete(&self, actor: &Actor, conversation: ConversationId, message: MessageId) -> Result<(), LlmError>;
}

/// How an answer is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// As it comes; otherwise whole, within the total time of the settings.
    pub stream: bool,
    /// What makes a repeated streamed request known.
    pub repeat: Option<Repeat>,
}

/// A question outside conversations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ask {
    /// The turns, oldest first.
    pub messages: Vec<ChatMessage>,
    /// The model, when not the default.
    pub model: Option<String>,
    /// The most tokens of the answer.
    pub max_output_tokens: Option<u32>,
    /// Sampling temperature.
    pub temperature: Option<f32>,
    /// JSON Schema that the answer should satisfy.
    pub schema: Option<serde_json::Value>,
    /// Functions that the model may call; the caller runs them.
    pub tools: Vec<ToolSpec>,
}

/// A question about code.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CodeAsk {
    /// The code; untrusted.
    pub code: String,
    /// What is wanted, such as "explain this".
    pub context: String,
    /// The code's language, when it is known.
    pub language: Option<String>,
    /// The model, when not the default.
    pub model: Option<String>,
    /// The most tokens of the answer.
    pub max_output_tokens: Option<u32>,
    /// Sampling temperature.
    pub temperature: Option<f32>,
}

/// A prompt made of an instruction.
#[derive(Clone, Debug, PartialEq)]
pub struct TranslatedPrompt {
    /// The prompt.
    pub prompt: String,
    /// What is asked for, in which language, under which constraints.
    pub parts: Translated,
}

/// A text to be summarised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summarize {
    /// The text; untrusted.
    pub text: String,
    /// The most sentences of the summary, 1 to 50.
    pub max_sentences: usize,
    /// How it is written.
    pub style: SummaryStyle,
}

/// How a summary is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SummaryStyle {
    /// One paragraph.
    #[default]
    Paragraph,
    /// One line a point.
    Bullets,
}

/// A summary and how it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SummaryAnswer {
    /// The summary.
    pub summary: String,
    /// Whether it is in the text's own sentences or in a model's words.
    pub kind: SummaryKind,
    /// The provider; `offline` for the built-in one.
    pub provider: String,
    /// The generation in the ledger.
    pub generation: GenerationId,
    /// Our own time, in milliseconds.
    pub overhead_ms: i64,
    /// Its cost in millionths of a US dollar.
    pub cost_micros: i64,
}

/// How a summary was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SummaryKind {
    /// Sentences of the text.
    Extractive,
    /// Words of a model.
    Abstractive,
}

/// Questions outside conversations. Their generations are stopped when nobody watches them any more.
#[async_trait]
pub trait Completions: Send + Sync {
    /// One prompt.
    async fn send_prompt(&self, actor: &Actor, ask: Ask, delivery: Delivery) -> Result<Viewer, LlmError>;

    /// Turns that the caller keeps.
    async fn chat_session(&self, actor: &Actor, ask: Ask, delivery: Delivery) -> Result<Viewer, LlmError>;

    /// A question about code. Without a provider, and asked to explain, the answer is the code's outline (`offline/outline-1`).
    async fn send_code_prompt(&self, actor: &Actor, ask: CodeAsk, delivery: Delivery) -> Result<Viewer, LlmError>;

    /// A prompt made of an instruction, such as of "explain this code". By a template: no model is asked.
    async fn translate_instruction_to_code_prompt(
        &self,
        actor: &Actor,
        instruction: &str,
        language: Option<&str>,
    ) -> Result<TranslatedPrompt, LlmError>;

    /// A summary: in a model's words where one is configured and answers, else in the text's own sentences.
    async fn summarize(&self, actor: &Actor, request: Summarize) -> Result<SummaryAnswer, LlmError>;
}

/// The ledger of generations.
#[async_trait]
pub trait Generations: Send + Sync {
    /// One that the actor may see.
    async fn get(&self, actor: &Actor, id: GenerationId) -> Result<Generation, LlmError>;

    /// The requests to providers that one has made, oldest first.
    async fn attempts(&self, actor: &Actor, id: GenerationId) -> Result<Vec<Attempt>, LlmError>;

    /// Ends one; what arrived is kept. One that has ended already stays as it is.
    async fn stop(&self, actor: &Actor, id: GenerationId) -> Result<Generation, LlmError>;

    /// Its events after a position, live or from the row.
    async fn attach(
        &self,
        actor: &Actor,
        id: GenerationId,
        after: Option<EventPosition>,
    ) -> Result<BoxStream<'static, PositionedEvent>, LlmError>;

    /// The person's word on a tool call that waits. After the last one the conversation goes on.
    async fn decide(&self, actor: &Actor, id: GenerationId, decision: Decision) -> Result<Decided, LlmError>;

    /// What an earlier request with the same key began.
    async fn repeated(&self, actor: &Actor, repeat: &Repeat) -> Result<Repeated, LlmError>;
}

/// The person's word on a tool call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Which call.
    pub call_id: String,
    /// Whether it is run.
    pub approve: bool,
    /// The token of its confirmation.
    pub token: String,
}

/// What comes of a decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Decided {
    /// The generation that goes on; while calls still wait, the one that asked.
    pub generation: Generation,
    /// Calls that still wait.
    pub waiting: Vec<Confirmation>,
}

/// What is known of a key that makes repeated requests known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeated {
    /// Nothing: this is the first request.
    First,
    /// The same request began this generation.
    Same(GenerationId),
    /// Another request came under the key.
    Other,
}

/// What is configured now.
pub trait Models: Send + Sync {
    /// The models on offer, the default one first.
    fn models(&self, actor: &Actor) -> Result<Vec<ModelInfo>, LlmError>;

    /// The providers.
    fn providers(&self, actor: &Actor) -> Result<Vec<ProviderInfo>, LlmError>;
}

/// A model on offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelInfo {
    /// `provider/model`, which requests may name.
    pub id: String,
    /// The provider's name.
    pub provider: String,
    /// The provider's own name of the model.
    pub model: String,
    /// Requests that name none get this one.
    pub is_default: bool,
    /// What it can do: `chat`, `stream`, `tools`, `schema`, `images`, `summarize`, `embeddings`.
    pub capabilities: Vec<String>,
    /// What is known of it: window, prices, what it refuses.
    pub facts: ModelFacts,
}

/// A provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderInfo {
    /// Its name.
    pub name: String,
    /// Its protocol.
    pub kind: String,
    /// Models that it offers by name.
    pub models: Vec<String>,
    /// Its models that keep failing: which, how the breaker stands, when it is tried again.
    pub broken: Vec<(String, BreakerState, Timestamp)>,
}
