use async_trait::async_trait;
use core_kernel::{Actor, Timestamp};
use uuid::Uuid;

use crate::error::LlmError;
use crate::model::{Policy, PolicyRules, PolicyScope, UsageBy, UsageLine};

/// What somebody may use, and what they used.
#[async_trait]
pub trait Policies: Send + Sync {
    /// The policy of a subject; the default's subject is nil.
    async fn get(&self, actor: &Actor, scope: PolicyScope, subject: Uuid) -> Result<Policy, LlmError>;

    /// Sets it. With `version`, only while it has that version.
    async fn put(
        &self,
        actor: &Actor,
        scope: PolicyScope,
        subject: Uuid,
        rules: PolicyRules,
        version: Option<i64>,
    ) -> Result<Policy, LlmError>;

    /// Takes it away.
    async fn delete(&self, actor: &Actor, scope: PolicyScope, subject: Uuid) -> Result<(), LlmError>;

    /// What was used in the space that the actor acts for: by the actor, or, for those who manage policies, by everybody.
    async fn usage(&self, actor: &Actor, from: Timestamp, to: Timestamp, by: UsageBy) -> Result<Vec<UsageLine>, LlmError>;
}
