use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use core_kernel::{Actor, PortError};
use uuid::Uuid;

/// What other features know of a person and a conversation may be told, such as `fitness`. What stands behind it checks the actor's rights.
#[async_trait]
pub trait ContextSources: Send + Sync + Debug {
    /// The names that a conversation may ask for.
    fn names(&self) -> Vec<String>;

    /// What a source says of the person, as text for a model; none: it knows nothing. The text is data about the person, never instructions.
    async fn block(&self, actor: &Actor, name: &str) -> Result<Option<String>, PortError>;
}

/// Files that messages refer to. What stands behind it checks that the actor may read them.
#[async_trait]
pub trait Attachments: Send + Sync + Debug {
    /// A file's content; none: there is no such file for this actor.
    async fn load(&self, actor: &Actor, id: Uuid) -> Result<Option<Attachment>, PortError>;
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Its name, for people.
    pub name: String,
    /// Its media type.
    pub mime: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The ports of this feature. Empty in a program that has nothing to put there.
#[derive(Clone, Debug, Default)]
pub struct Ports {
    /// See [`ContextSources`].
    pub context: Option<Arc<dyn ContextSources>>,
    /// See [`Attachments`].
    pub attachments: Option<Arc<dyn Attachments>>,
}
