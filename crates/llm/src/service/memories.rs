use async_trait::async_trait;
use core_kernel::{Actor, Page, PageRequest};

use crate::error::LlmError;
use crate::model::{DraftFact, Fact, FactId};

/// What is remembered of the actor.
#[async_trait]
pub trait Memories: Send + Sync {
    /// The actor's facts in this space; with `query` those that hold its words.
    async fn list(&self, actor: &Actor, query: Option<&str>, page: PageRequest) -> Result<Page<Fact>, LlmError>;

    /// Notes one.
    async fn create(&self, actor: &Actor, draft: DraftFact) -> Result<Fact, LlmError>;

    /// Changes one. With `version`, only while it has that version.
    async fn update(&self, actor: &Actor, id: FactId, fact: &str, version: Option<i64>) -> Result<Fact, LlmError>;

    /// Forgets one.
    async fn delete(&self, actor: &Actor, id: FactId) -> Result<(), LlmError>;
}
