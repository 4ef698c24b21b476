use async_trait::async_trait;
use core_kernel::{Actor, PortError};
use serde_json::Value;
use uuid::Uuid;

/// A picture or a film, as an answer names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaLink {
    /// Which.
    pub id: Uuid,
    /// Where it is fetched.
    pub url: String,
    /// Its media type.
    pub mime: String,
    /// What it shows, for those who do not see it.
    pub alt: Option<String>,
}

/// Media of exercises. The feature that keeps media stands behind it.
#[async_trait]
pub trait MediaLinks: Send + Sync {
    /// Links to those of `media` that the actor may see, in the given order; others are left out.
    async fn links(&self, actor: &Actor, media: &[Uuid]) -> Result<Vec<MediaLink>, PortError>;
}

/// Words or a plan by a language model. What it gives is a proposal: the verifier decides.
#[async_trait]
pub trait PlanWriter: Send + Sync {
    /// The answer to `prompt` as JSON that should satisfy `schema`. Any failure means: the builder's plan stands.
    async fn propose(&self, actor: &Actor, prompt: &str, schema: &Value) -> Result<Value, PortError>;
}
