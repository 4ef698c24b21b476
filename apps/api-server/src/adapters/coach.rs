use std::sync::Arc;

use async_trait::async_trait;
use core_kernel::{Actor, DomainError as _, PortError};
use fitness::{CoachContext, FitnessError, PlanWriter};
use llm::chat::{Message, Role};
use llm::{Ask, Completions, ContextSources, Delivery, LlmError};
use serde_json::Value;

use super::Late;

/// `llm` tells models what `fitness` knows of a person who asks for it.
pub(crate) struct TrainingContext(pub(crate) Late<dyn CoachContext>);

impl std::fmt::Debug for TrainingContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TrainingContext")
    }
}

#[async_trait]
impl ContextSources for TrainingContext {
    fn names(&self) -> Vec<String> {
        vec!["fitness".to_owned()]
    }

    async fn block(&self, actor: &Actor, name: &str) -> Result<Option<String>, PortError> {
        if name != "fitness" {
            return Ok(None);
        }
        Ok(Some(self.0.get()?.text(actor, None).await?))
    }
}

/// `fitness` asks `llm` for a proposal of a plan.
pub(crate) struct ModelPlans(pub(crate) Arc<dyn Completions>);

#[async_trait]
impl PlanWriter for ModelPlans {
    async fn propose(&self, actor: &Actor, prompt: &str, schema: &Value) -> Result<Value, PortError> {
        let messages = vec![Message::text(Role::User, prompt)];
        let ask = Ask { messages, schema: Some(schema.clone()), ..Ask::default() };
        let viewer = self.0.send_prompt(actor, ask, Delivery::default()).await?;
        let outcome = viewer.outcome().await.ok_or(LlmError::Plain(&llm::codes::INTERRUPTED))?;
        if let Some(failure) = &outcome.settlement.failure {
            return Err(LlmError::Failed(failure.clone()).into());
        }
        let text = &outcome.settlement.answer.text;
        let unreadable = |_| FitnessError::NoPlan("the model answered no JSON".to_owned());
        serde_json::from_str(text).map_err(unreadable).map_err(|error| {
            tracing::debug!(code = error.code().code, "a proposal of a plan is not JSON");
            error.into()
        })
    }
}
