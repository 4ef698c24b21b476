use std::sync::Arc;

use async_trait::async_trait;
use code::{Pieces, TextAnswer, TextModel, TextRequest};
use core_kernel::{Actor, PortError};
use llm::chat::{Delta, Message, Role};
use llm::{Ask, Completions, Delivery, GenerationEvent, LlmError, Models};
use serde_json::json;

/// `code` asks `llm` to answer a prompt.
pub(crate) struct LlmText {
    pub(crate) completions: Arc<dyn Completions>,
    pub(crate) models: Arc<dyn Models>,
}

#[async_trait]
impl TextModel for LlmText {
    fn is_available(&self, actor: &Actor) -> bool {
        let chats = |info: &llm::ModelInfo| info.capabilities.iter().any(|capability| capability == "chat");
        actor.require(&llm::permissions::CHAT).is_ok() && self.models.models(actor).is_ok_and(|models| models.iter().any(chats))
    }

    async fn ask(&self, actor: &Actor, request: TextRequest, pieces: Option<&Pieces>) -> Result<TextAnswer, PortError> {
        let messages = vec![Message::text(Role::System, request.system), Message::text(Role::User, request.prompt)];
        let ask = Ask { messages, model: request.model, max_output_tokens: request.max_output_tokens, ..Ask::default() };
        let delivery = Delivery { stream: pieces.is_some(), ..Delivery::default() };
        let mut viewer = self.completions.send_prompt(actor, ask, delivery).await?;
        let generation = viewer.generation();
        if let Some(pieces) = pieces {
            while let Some(event) = viewer.next().await {
                if let GenerationEvent::Delta(Delta::Text(text)) = event.event {
                    pieces.send(text).await;
                }
            }
        }
        let outcome = viewer.outcome().await.ok_or(LlmError::Plain(&llm::codes::INTERRUPTED))?;
        let settled = &outcome.settlement;
        if let Some(failure) = &settled.failure {
            return Err(LlmError::Failed(failure.clone()).into());
        }
        Ok(TextAnswer {
            text: settled.answer.text.clone(),
            provider: settled.provider.clone().unwrap_or_default(),
            model: settled.model.clone().unwrap_or_default(),
            finish_reason: settled.finish.as_ref().map(|finish| finish.as_str().to_owned()).unwrap_or_default(),
            generation_id: Some(generation.get()),
            usage: json!({
                "input_tokens": settled.usage.input, "output_tokens": settled.usage.output, "source": settled.usage_source,
            }),
            adjustments: settled.adjustments.iter().map(|adjustment| json!(adjustment)).collect(),
        })
    }
}
