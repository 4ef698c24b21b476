use async_trait::async_trait;
use core_kernel::Actor;

use crate::chat::Message as ChatMessage;
use crate::error::LlmError;
use crate::model::{GenerationId, Settlement};

/// Vectors and counts.
#[async_trait]
pub trait Measuring: Send + Sync {
    /// Vectors of texts. Without a model they are made here (`offline/hash-256`), and never mix with a model's.
    async fn embed(&self, actor: &Actor, request: Embed) -> Result<Embedded, LlmError>;

    /// How many tokens messages have: as the provider counts them, else an estimate that says so.
    async fn count_tokens(
        &self,
        actor: &Actor,
        messages: Vec<ChatMessage>,
        model: Option<String>,
    ) -> Result<TokenCount, LlmError>;
}

/// Texts whose vectors are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Embed {
    /// The texts, at most 256.
    pub texts: Vec<String>,
    /// The model; none: the one of the settings, else `offline/hash-256`.
    pub model: Option<String>,
    /// The length of the vectors, where the model lets one choose.
    pub dimensions: Option<u32>,
}

/// Vectors and how they were made.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedded {
    /// One a text, in their order.
    pub vectors: Vec<Vec<f32>>,
    /// The row in the ledger.
    pub generation: GenerationId,
    /// How it ended: provider, model, usage, cost.
    pub settlement: Settlement,
}

/// A count of tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenCount {
    /// How many.
    pub tokens: u64,
    /// True when the provider has not counted.
    pub estimated: bool,
    /// Whose model.
    pub provider: String,
    /// The model.
    pub model: String,
}
