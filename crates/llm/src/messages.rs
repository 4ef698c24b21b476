use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use core_kernel::{Actor, FieldError, Page, PageRequest};

use crate::chat::Part;
use crate::conversations::NOT_FOUND;
use crate::engine::{Engine, Work};
use crate::error::{LlmError, codes};
use crate::images;
use crate::limits::Admitted;
use crate::live::{StopCause, Viewer};
use crate::measuring::estimate;
use crate::memory::{Prefaces, assemble, load_attachments};
use crate::model::{ContextView, Conversation, ConversationId, GenerationId, Message, MessageId, NewMessage, Regenerate, nul};
use crate::permissions;
use crate::provider::Mode;
use crate::routing::{Router, Target};
use crate::service::{Delivery, Messages};
use crate::store::{conversations, facts, generations, messages, summaries};
use crate::toolbelt::ToolBelt;
use crate::turns::{Sampling, Turn, Turns, recent};

/// [`Messages`] over the tables and the engine.
#[derive(Debug)]
pub(crate) struct MessageService {
    pub(crate) engine: Arc<Engine>,
    pub(crate) router: Arc<Router>,
}

#[async_trait]
impl Messages for MessageService {
    async fn list(
        &self,
        actor: &Actor,
        conversation: ConversationId,
        whole_tree: bool,
        page: PageRequest,
    ) -> Result<Page<Message>, LlmError> {
        actor.require(&permissions::READ)?;
        let connection = self.engine.db.read();
        let found = conversations::find(connection, actor, conversation).await?.ok_or(NOT_FOUND)?;
        if whole_tree {
            return Ok(messages::list(connection, &found, None, &page).await?);
        }
        let Some(leaf) = self.leaf(&found).await? else { return Ok(Page { items: Vec::new(), next: None }) };
        Ok(messages::list(connection, &found, Some(&leaf), &page).await?)
    }

    async fn send(
        &self,
        actor: &Actor,
        conversation: ConversationId,
        mut message: NewMessage,
        delivery: Delivery,
    ) -> Result<Viewer, LlmError> {
        let received = Instant::now();
        actor.require(&permissions::CHAT)?;
        message.parts.extend(load_attachments(&self.engine, actor, &message.attachments).await?);
        check(&message)?;
        let sampling = Sampling { temperature: message.temperature, max_output_tokens: message.max_output_tokens };
        let model = message.model.clone();
        self.answer(actor, conversation, Turn::New(&message), model.as_deref(), sampling, delivery, received).await
    }

    async fn regenerate(
        &self,
        actor: &Actor,
        conversation: ConversationId,
        message: MessageId,
        how: Regenerate,
        delivery: Delivery,
    ) -> Result<Viewer, LlmError> {
        let received = Instant::now();
        actor.require(&permissions::CHAT)?;
        let sampling = Sampling { temperature: how.temperature, max_output_tokens: how.max_output_tokens };
        sampling.check()?;
        self.answer(actor, conversation, Turn::Again(message), how.model.as_deref(), sampling, delivery, received).await
    }

    async fn context(&self, actor: &Actor, conversation: ConversationId, model: Option<&str>) -> Result<ContextView, LlmError> {
        actor.require(&permissions::READ)?;
        let connection = self.engine.db.read();
        let found = conversations::find(connection, actor, conversation).await?.ok_or(NOT_FOUND)?;
        let target = self.plan(model.or(found.model.as_deref()))?.ok().and_then(|targets| targets.into_iter().next());
        let leaf = self.leaf(&found).await?;
        let about = leaf.as_ref().map(|leaf| crate::chat::joined_text(&leaf.parts)).unwrap_or_default();
        let preface = Prefaces { engine: Arc::clone(&self.engine) }.of(actor, &found, &about).await?;
        let (summary, history) = match &leaf {
            Some(leaf) => recent(connection, &found, leaf).await?,
            None => (None, Vec::new()),
        };
        let window = target.as_ref().and_then(|target| self.router.window(target));
        let mut view = assemble(&preface, summary.as_ref(), history, window, None).view;
        view.model = target.map(|target| format!("{}/{}", target.provider.provider(), target.model)).unwrap_or_default();
        Ok(view)
    }

    async fn delete(&self, actor: &Actor, conversation: ConversationId, message: MessageId) -> Result<(), LlmError> {
        actor.require(&permissions::CHAT)?;
        let running = self
            .engine
            .db
            .write(|tx| async move {
                let found = conversations::find(&tx, actor, conversation).await?.ok_or(NOT_FOUND)?;
                let gone = messages::find(&tx, &found, message).await?;
                let gone = gone.ok_or(LlmError::Plain(&codes::MESSAGE_NOT_FOUND))?;
                if gone.created_by != actor.author() {
                    crate::conversations::require_creator(actor, &found)?;
                }
                let deleted = messages::delete_below(&tx, &found, &gone).await?;
                summaries::delete_at(&tx, found.owner, &deleted.messages).await?;
                facts::forget_sources(&tx, found.owner, &deleted.messages).await?;
                let scope = generations::Scope::Ids(deleted.generations);
                let running = generations::forget_words(&tx, found.owner, scope).await?;
                let leaf = found.active_leaf.filter(|leaf| !deleted.messages.contains(leaf)).or(gone.place.parent);
                conversations::advance(&tx, found.owner, found.id, leaf, None).await?;
                Ok::<Vec<GenerationId>, LlmError>(running)
            })
            .await?;
        self.engine.stop_all(&running, StopCause::Deleted);
        Ok(())
    }
}

/// Refuses a message that says nothing or says what is not the sender's to say.
fn check(message: &NewMessage) -> Result<(), LlmError> {
    let mut fields = Vec::new();
    let says = message.parts.iter().any(|part| match part {
        Part::Text { text } => !text.trim().is_empty(),
        Part::Image { .. } | Part::ToolResult { .. } => true,
        Part::Reasoning { .. } | Part::ToolCall { .. } => false,
    });
    if !says {
        fields.push(FieldError::new("/content", "empty", "A message says something."));
    }
    if message.parts.iter().any(|part| matches!(part, Part::Reasoning { .. } | Part::ToolCall { .. })) {
        fields.push(FieldError::new("/content", "invalid_part", "Only a model thinks and calls tools."));
    }
    if message.parent.is_some() && message.replaces.is_some() {
        fields.push(FieldError::new("/replaces_id", "excludes", "Either `parent_id` or `replaces_id`."));
    }
    if serde_json::to_value(&message.parts).is_ok_and(|parts| core_kernel::holds_nul(&parts)) {
        fields.push(nul("/content"));
    }
    images::check(&message.parts, "/content")?;
    if !fields.is_empty() {
        return Err(LlmError::Invalid(fields));
    }
    Sampling { temperature: message.temperature, max_output_tokens: message.max_output_tokens }.check()
}

impl MessageService {
    /// The targets; the inner error is one under which the message is stored all the same.
    fn plan(&self, model: Option<&str>) -> Result<Result<Vec<Target>, LlmError>, LlmError> {
        match self.router.plan(model) {
            Err(error @ LlmError::UnknownModel { .. }) => Err(error),
            plan => Ok(plan),
        }
    }

    async fn leaf(&self, conversation: &Conversation) -> Result<Option<Message>, LlmError> {
        match conversation.active_leaf {
            Some(leaf) => Ok(messages::find(self.engine.db.read(), conversation, leaf).await?),
            None => Ok(None),
        }
    }

    /// Stores what is said, and begins the answer.
    #[expect(clippy::too_many_arguments, reason = "each comes from another place, and none belongs to another")]
    pub(crate) async fn answer(
        &self,
        actor: &Actor,
        conversation: ConversationId,
        turn: Turn<'_>,
        model: Option<&str>,
        sampling: Sampling,
        delivery: Delivery,
        received: Instant,
    ) -> Result<Viewer, LlmError> {
        let found = conversations::find(self.engine.db.read(), actor, conversation).await?.ok_or(NOT_FOUND)?;
        let mut plan = self.plan(model.or(found.model.as_deref()))?;
        let about = turn.about(&self.engine, &found).await?;
        let preface = Prefaces { engine: Arc::clone(&self.engine) }.of(actor, &found, &about).await?;
        let window = plan.as_ref().ok().and_then(|targets| self.router.window(targets.first()?));
        let admitted = match &mut plan {
            Ok(targets) => self.engine.limits.admit(actor, targets, estimate(&about)).await?,
            Err(_) => Admitted::default(),
        };
        let belt = ToolBelt::of(actor, &self.engine.offers, &found.tools);
        let tools = belt.as_ref().map(ToolBelt::specs).unwrap_or_default();
        let prices = self.router.prices();
        let turns = Turns { engine: &self.engine, prices, actor, preface, window, sampling, tools, admitted };
        let begun = turns.begin(&found, &turn, &plan, &delivery).await?;
        match (plan, begun.request) {
            (Ok(targets), Some(request)) => Ok(self.engine.start(Work {
                row: begun.row,
                due: None,
                request,
                targets,
                mode: Mode::Stream,
                bounded: !delivery.stream,
                leaving: self.engine.leaving.conversations,
                user_message: Some(begun.user_message),
                received,
                belt,
                admitted: turns.admitted,
                outgrown: begun.outgrown,
            })),
            (plan, _) => Err(LlmError::Unanswered {
                cause: Box::new(plan.err().unwrap_or(LlmError::Plain(&codes::PROVIDER_NOT_CONFIGURED))),
                user_message: begun.user_message.id.get(),
                generation: begun.row.id.get(),
            }),
        }
    }
}
