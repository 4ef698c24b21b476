//! Adapters to providers. Each protocol is a set of pure functions ([`Wire`]); [`HttpModel`] moves their bytes.

mod failure;
mod gemini;
mod hints;
mod http_model;
mod json;
mod offline;
mod openai;
mod scripted;
mod wire;

use std::fmt::Debug;

use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use serde::{Deserialize, Serialize};

use crate::chat::{ChatRequest, Collector, Completion, ModelEvent, Truncated};

pub use failure::{FailureClass, ModelError};
pub use gemini::Gemini;
pub use hints::HeaderLookup;
pub use http_model::{HttpModel, HttpModelOptions};
pub(crate) use offline::sentences;
pub use offline::{OFFLINE_PROVIDER, Summary, summarize};
pub use openai::OpenAiChat;
pub use scripted::{Line, ScriptedModel, default_scripts};
pub use wire::{StreamDecoder, Wire, WireRequest};

/// Which protocol a provider speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderKind {
    /// Google Gemini, `generateContent`.
    Gemini,
    /// OpenAI chat completions, and every server that speaks them.
    Openai,
    /// An Ollama server, by its OpenAI-compatible interface.
    Ollama,
    /// Replays scripts from the settings; for development only.
    Scripted,
}

impl ProviderKind {
    /// The word of the settings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gemini => "gemini",
            Self::Openai => "openai",
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
}

/// Reads an answer to its end.
pub async fn collect(mut stream: ModelStream) -> Result<Completion, Truncated> {
    let mut collector = Collector::default();
    while let Some(event) = stream.next().await {
        collector.take(event);
    }
    collector.end()
}
