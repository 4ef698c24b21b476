use std::sync::Arc;

use async_trait::async_trait;
use core_kernel::{Actor, FieldError, Page, PageRequest};

use crate::conversations_archive::{self, ConversationArchive};
use crate::engine::Engine;
use crate::error::{LlmError, codes};
use crate::live::StopCause;
use crate::memory::{SummaryService, check_sources, check_template};
use crate::model::{Changes, Conversation, ConversationId, DraftConversation, GenerationId, Summary};
use crate::permissions;
use crate::service::{ConversationFilter, Conversations};
use crate::store::{branches, conversations, facts, generations, messages, summaries};

/// [`Conversations`] over the tables.
#[derive(Debug)]
pub(crate) struct ConversationService {
    pub(crate) engine: Arc<Engine>,
    pub(crate) summaries: Arc<SummaryService>,
}

pub(crate) const NOT_FOUND: LlmError = LlmError::Plain(&codes::CONVERSATION_NOT_FOUND);
const CHANGED: LlmError = LlmError::Plain(&codes::CONVERSATION_CHANGED);

/// Deleting and opening up are the creator's.
pub(crate) fn require_creator(actor: &Actor, conversation: &Conversation) -> Result<(), LlmError> {
    if conversation.created_by == actor.author() { Ok(()) } else { Err(LlmError::Plain(&codes::NOT_CREATOR)) }
}

#[async_trait]
impl Conversations for ConversationService {
    async fn create(&self, actor: &Actor, draft: DraftConversation) -> Result<Conversation, LlmError> {
        actor.require(&permissions::CHAT)?;
        draft.check()?;
        self.check_names(actor, draft.template.as_deref(), draft.template_version, &draft.context, &draft.tools).await?;
        let draft = &draft;
        self.engine.db.write(|tx| async move { Ok(conversations::insert(&tx, actor, draft).await?) }).await
    }

    async fn get(&self, actor: &Actor, id: ConversationId) -> Result<Conversation, LlmError> {
        actor.require(&permissions::READ)?;
        conversations::find(self.engine.db.read(), actor, id).await?.ok_or(NOT_FOUND)
    }

    async fn list(&self, actor: &Actor, filter: ConversationFilter, page: PageRequest) -> Result<Page<Conversation>, LlmError> {
        actor.require(&permissions::READ)?;
        let filter = conversations::Filter { query: filter.query, archived: filter.archived };
        Ok(conversations::list(self.engine.db.read(), actor, &filter, &page).await?)
    }

    async fn update(
        &self,
        actor: &Actor,
        id: ConversationId,
        changes: Changes,
        version: Option<i64>,
    ) -> Result<Conversation, LlmError> {
        actor.require(&permissions::CHAT)?;
        changes.check()?;
        let template = changes.template.clone().flatten();
        let (context, tools) = (changes.context.clone().unwrap_or_default(), changes.tools.clone().unwrap_or_default());
        self.check_names(actor, template.as_deref(), changes.template_version.flatten(), &context, &tools).await?;
        let changes = &changes;
        self.engine
            .db
            .write(|tx| async move {
                let current = conversations::find(&tx, actor, id).await?.ok_or(NOT_FOUND)?;
                if version.is_some_and(|version| version != current.version) {
                    return Err(CHANGED);
                }
                if changes.visibility.is_some_and(|wanted| wanted != current.visibility) {
                    require_creator(actor, &current)?;
                }
                if let Some(leaf) = changes.active_leaf
                    && messages::find(&tx, &current, leaf).await?.is_none()
                {
                    let message = "There is no such message in this conversation.";
                    return Err(LlmError::Invalid(vec![FieldError::new("/active_leaf_id", "unknown_message", message)]));
                }
                if !conversations::update(&tx, &current, changes).await? {
                    return Err(CHANGED);
                }
                conversations::find(&tx, actor, id).await?.ok_or(NOT_FOUND)
            })
            .await
    }

    async fn delete(&self, actor: &Actor, id: ConversationId, version: Option<i64>) -> Result<(), LlmError> {
        actor.require(&permissions::CHAT)?;
        let running = self
            .engine
            .db
            .write(|tx| async move {
                let current = conversations::find(&tx, actor, id).await?.ok_or(NOT_FOUND)?;
                require_creator(actor, &current)?;
                if version.is_some_and(|version| version != current.version) {
                    return Err(CHANGED);
                }
                let running = generations::forget_words(&tx, current.owner, generations::Scope::Conversation(id)).await?;
                messages::delete_all(&tx, current.owner, id).await?;
                branches::delete_all(&tx, current.owner, id).await?;
                summaries::delete_all(&tx, current.owner, id).await?;
                facts::forget_conversation(&tx, current.owner, id).await?;
                conversations::delete(&tx, current.owner, id).await?;
                Ok::<Vec<GenerationId>, LlmError>(running)
            })
            .await?;
        self.engine.stop_all(&running, StopCause::Deleted);
        Ok(())
    }

    async fn summarize(&self, actor: &Actor, id: ConversationId) -> Result<Summary, LlmError> {
        self.summaries.roll(actor, id).await
    }

    async fn export(&self, actor: &Actor, id: ConversationId) -> Result<ConversationArchive, LlmError> {
        conversations_archive::export(&self.engine, actor, id).await
    }

    async fn import(&self, actor: &Actor, archive: ConversationArchive) -> Result<Conversation, LlmError> {
        conversations_archive::import(&self.engine, actor, archive).await
    }
}

impl ConversationService {
    /// Refuses names that mean nothing on this server.
    async fn check_names(
        &self,
        actor: &Actor,
        template: Option<&str>,
        version: Option<i64>,
        context: &[String],
        tools: &[String],
    ) -> Result<(), LlmError> {
        check_sources(&self.engine, context)?;
        let offered = self.engine.offers.tools();
        if let Some(at) = tools.iter().position(|name| !offered.iter().any(|tool| tool.name == name)) {
            let rule = "No feature of this server has such a tool.";
            return Err(LlmError::Invalid(vec![FieldError::new(format!("/tools/{at}"), "unknown_tool", rule)]));
        }
        match template {
            Some(name) => check_template(&self.engine, actor, name, version).await,
            None => Ok(()),
        }
    }
}
