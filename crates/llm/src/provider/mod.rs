//! Adapters to providers. Each protocol is a set of pure functions ([`Wire`]); [`HttpModel`] moves their bytes.

mod adapter;
mod anthropic;
mod failure;
mod gemini;
mod hints;
mod http_model;
mod json;
mod offline;
mod ollama;
mod openai;
mod openai_dialect;
mod responses;
mod schema;
mod scripted;
mod vectors;
mod wire;

use std::fmt::Debug;

use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use serde::{Deserialize, Serialize};

use crate::chat::{ChatRequest, Collector, Completion, ModelEvent, Truncated};

pub(crate) use adapter::adapter;
pub use anthropic::Anthropic;
pub use failure::{FailureClass, ModelError};
pub use gemini::Gemini;
pub use hints::HeaderLookup;
pub use http_model::{HttpModel, HttpModelOptions};
pub(crate) use offline::sentences;
pub use offline::{OFFLINE_PROVIDER, Summary, summarize};
pub use ollama::Ollama;
pub use openai::OpenAiChat;
pub use openai_dialect::{DIALECTS, OpenAiDialect, SchemaForm};
pub use responses::OpenAiResponses;
pub use scripted::{Line, ScriptedModel, default_scripts};
pub(crate) use vectors::cosine;
pub use vectors::{EmbedRequest, Embeddings, offline_vector};
pub use wire::{StreamDecoder, Wire, WireRequest};

/// Which protocol a provider speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderKind {
    /// Google Gemini, `generateContent`.
    Gemini,
    /// OpenAI chat completions, and every server that speaks them.
    Openai,
    /// OpenAI responses.
    OpenaiResponses,
    /// Anthropic messages.
    Anthropic,
    /// An Ollama server, by its own interface.
    Ollama,
    /// Replays scripts from the settings; for development only.
    Scripted,
}

impl ProviderKind {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Gemini, Self::Openai, Self::OpenaiResponses, Self::Anthropic, Self::Ollama, Self::Scripted];

    /// The word of the settings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gemini => "gemini",
            Self::Openai => "openai",
            Self::OpenaiResponses => "openai_responses",
            Self::Anthropic => "anthropic",
            Self::Ollama => "ollama",
            Self::Scripted => "scripted",
        }
    }
}

/// How the answer is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// In one piece.
    Unary,
    /// As it comes.
    Stream,
}

/// The events of one answer. It ends after `Finished` or the first error.
pub type ModelStream = BoxStream<'static, Result<ModelEvent, ModelError>>;

/// A provider's models. Object-safe; a product adds its own adapter by implementing it.
#[async_trait]
pub trait ChatModel: Send + Sync + Debug {
    /// The provider's name in the settings.
    fn provider(&self) -> &str;

    /// The protocol, for people.
    fn kind(&self) -> &str;

    /// Models that are offered by name. A name that is not among them is still passed on.
    fn models(&self) -> &[String];

    /// Sends the request once, without retries. An error means that nothing was shown.
    async fn open(&self, request: &ChatRequest, mode: Mode) -> Result<ModelStream, ModelError>;

    /// Vectors of texts, without retries.
    async fn embed(&self, _request: &EmbedRequest) -> Result<Embeddings, ModelError> {
        Err(ModelError::new(FailureClass::InvalidRequest, "the provider makes no embeddings"))
    }

    /// The tokens of a request as the provider counts them; none where it does not count.
    async fn count_tokens(&self, _request: &ChatRequest) -> Result<Option<u64>, ModelError> {
        Ok(None)
    }
}

/// Reads an answer to its end.
pub async fn collect(mut stream: ModelStream) -> Result<Completion, Truncated> {
    let mut collector = Collector::default();
    while let Some(event) = stream.next().await {
        collector.take(event);
    }
    collector.end()
}
