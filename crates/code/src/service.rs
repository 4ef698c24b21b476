use std::collections::BTreeMap;

use async_trait::async_trait;
use core_kernel::Actor;
use serde::Serialize;
use uuid::Uuid;

use crate::map::Citation;
use crate::{CodeError, DetectedBy, Extract, Lines, ManifestEntry, Redaction, SymbolKind, TextAnswer};

/// Where source comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// With the request.
    Given {
        /// The text.
        code: String,
        /// What its file is called.
        path: Option<String>,
        /// Its language.
        language: Option<String>,
    },
    /// A file of a workspace.
    File {
        /// Which workspace.
        workspace: Uuid,
        /// Which file.
        path: String,
        /// Its language, where its name does not tell.
        language: Option<String>,
    },
}

/// Source with what was found in it.
#[derive(Clone, Debug)]
pub struct Understood {
    /// What its file is called.
    pub path: Option<String>,
    /// The source itself.
    pub text: String,
    /// How the language was told.
    pub detected_by: DetectedBy,
    /// What was found.
    pub extract: std::sync::Arc<Extract>,
    /// Of the source.
    pub sha256: String,
}

/// An account of source.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Told {
    /// The text.
    pub text: String,
    /// Who wrote it; `offline`: this server, from the structure.
    pub provider: String,
    /// The model, where there is one.
    pub model: Option<String>,
    /// The places it speaks of, each checked to be there.
    pub citations: Vec<Citation>,
    /// Places that the model named and that are not there.
    pub unverified: Vec<String>,
    /// What was taken out before the source left.
    pub redactions: Vec<Redaction>,
    /// The source was sent in so many parts; 0: to no model.
    pub parts: usize,
    /// The generations in the ledger.
    pub generations: Vec<Uuid>,
}

/// What can be told of an account while it is being written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A model begins with one of several parts.
    Part {
        /// Which, from 1.
        number: usize,
        /// Of how many.
        of: usize,
        /// Its lines.
        lines: Lines,
    },
    /// A piece of what it says about a part; the account is made of such notes.
    Note {
        /// Which part, from 1.
        part: usize,
        /// The piece.
        text: String,
    },
    /// A piece of the account itself.
    Text(String),
}

/// Where steps go.
pub type Steps = tokio::sync::mpsc::Sender<Step>;

/// Understanding source.
#[async_trait]
pub trait Understanding: Send + Sync {
    /// Language, symbols, imports, exports.
    async fn extract_code_context(&self, actor: &Actor, source: Source) -> Result<Understood, CodeError>;
    /// A summary: by a model where one is configured, else from the structure. `steps` gets what a model writes as it comes.
    async fn summarize_code(
        &self,
        actor: &Actor,
        source: Source,
        model: Option<String>,
        steps: Option<Steps>,
    ) -> Result<Told, CodeError>;
    /// An explanation, made alike. `question`: what is asked in particular.
    async fn explain_code(
        &self,
        actor: &Actor,
        source: Source,
        question: Option<String>,
        model: Option<String>,
        steps: Option<Steps>,
    ) -> Result<Told, CodeError>;
    /// A named prompt about source, answered by a model.
    async fn code_with_prompt(&self, actor: &Actor, source: Source, ask: PromptAsk) -> Result<Prompted, CodeError>;
}

/// A named prompt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PromptAsk {
    /// `explain`, `summarise`, `review`, `document`, `test`, `refactor`.
    pub template: String,
    /// Values of its placeholders beside the source's own.
    pub variables: BTreeMap<String, String>,
    /// The model, when not the default one.
    pub model: Option<String>,
    /// The most tokens of the answer.
    pub max_output_tokens: Option<u32>,
}

/// What came of a named prompt.
#[derive(Clone, Debug, PartialEq)]
pub struct Prompted {
    /// The answer.
    pub answer: TextAnswer,
    /// The template, with its version.
    pub template: (&'static str, u32),
    /// Places that it names and that are there.
    pub citations: Vec<Citation>,
    /// Places that it names and that are not there.
    pub unverified: Vec<String>,
    /// What was taken out before the source left.
    pub redactions: Vec<Redaction>,
}

/// Repositories as a whole.
#[async_trait]
pub trait Repositories: Send + Sync {
    /// The map of a workspace within a budget of tokens. `focus`: paths, directories or names that it is wanted for.
    async fn map(&self, actor: &Actor, workspace: Uuid, budget: usize, focus: Vec<String>) -> Result<Mapped, CodeError>;
    /// Symbols whose names fit, the best first.
    async fn symbols(&self, actor: &Actor, workspace: Uuid, query: &str, limit: usize) -> Result<Located, CodeError>;
    /// Where a name is defined and used.
    async fn references(&self, actor: &Actor, workspace: Uuid, symbol: &str, limit: usize) -> Result<Located, CodeError>;
}

/// A map with what became of each file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapped {
    /// The text.
    pub map: String,
    /// Its tokens.
    pub tokens: usize,
    /// What became of each file.
    pub manifest: Vec<ManifestEntry>,
    /// Not all files were read: there are too many, or the time was up.
    pub truncated: bool,
}

/// Where a symbol is defined, or a name is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "http", schema(as = CodePlace))]
pub struct Place {
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: u32,
    /// The name.
    pub name: String,
    /// What it is, where it is defined here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<SymbolKind>,
    /// How it is declared, where it is defined here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// It is defined here, and not only used.
    pub definition: bool,
}

/// Places in the order of their worth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Located {
    /// The places.
    pub places: Vec<Place>,
    /// There are more.
    pub truncated: bool,
}
