use async_trait::async_trait;
use core_kernel::{Actor, Timestamp};

use crate::error::LlmError;

/// Versioned texts with variables. A version never changes.
#[async_trait]
pub trait Templates: Send + Sync {
    /// The newest version of each: those of features and those of the space.
    async fn list(&self, actor: &Actor) -> Result<Vec<PromptTemplate>, LlmError>;

    /// One version, or the newest.
    async fn get(&self, actor: &Actor, name: &str, version: Option<i64>) -> Result<PromptTemplate, LlmError>;

    /// The next version of a name of the space.
    async fn create(&self, actor: &Actor, name: &str, text: &str) -> Result<PromptTemplate, LlmError>;

    /// Fills one in.
    async fn render(
        &self,
        actor: &Actor,
        name: &str,
        version: Option<i64>,
        variables: &serde_json::Value,
    ) -> Result<(PromptTemplate, String), LlmError>;
}

/// One version of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptTemplate {
    /// Its name; those of features have the feature's name and a dot before it.
    pub name: String,
    /// From 1.
    pub version: i64,
    /// minijinja source.
    pub text: String,
    /// Whose.
    pub source: TemplateSource,
    /// When it was made; none for those of features.
    pub created_at: Option<Timestamp>,
}

/// Whose a template is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TemplateSource {
    /// Built in.
    Feature,
    /// The space's own.
    Own,
}
