use std::sync::Arc;

use async_trait::async_trait;
use core_kernel::{Actor, PortError};
use fitness::{FitnessError, Profiles};
use llm::ContextSources;

/// What a chat may know about its person: `fitness` tells body and wishes.
pub(crate) struct ChatContext {
    pub(crate) profiles: Arc<dyn Profiles>,
}

impl std::fmt::Debug for ChatContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ChatContext")
    }
}

#[async_trait]
impl ContextSources for ChatContext {
    fn names(&self) -> Vec<String> {
        vec!["fitness".to_owned()]
    }

    async fn block(&self, actor: &Actor, _name: &str) -> Result<Option<String>, PortError> {
        let draft = match self.profiles.own(actor).await {
            Err(FitnessError::NoProfile) => return Ok(None),
            profile => profile?.draft,
        };
        let told = serde_json::json!({
            "goal": draft.goal, "experience": draft.experience, "daily_activity": draft.activity.as_str(),
            "body_mass_kg": draft.mass.as_kg(), "height_cm": draft.height.millimetres() / 10, "equipment": draft.equipment,
            "injuries": draft.injuries, "units": draft.units,
        });
        Ok(Some(told.to_string()))
    }
}
