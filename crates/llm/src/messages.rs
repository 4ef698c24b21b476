use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use core_db::Tx;
use core_kernel::{Actor, FieldError, Page, PageRequest};

use crate::chat::{ChatRequest, Message as ChatMessage, Part, Role};
use crate::conversations::NOT_FOUND;
use crate::engine::{Engine, Work};
use crate::error::{Failure, LlmError, codes};
use crate::live::{StopCause, Viewer};
use crate::model::{
    Conversation, ConversationId, Generation, GenerationId, Message, MessageId, MessageStatus, NewMessage, Purpose, author, nul,
    title_of,
};
use crate::permissions;
use crate::provider::Mode;
use crate::routing::{Router, Target};
use crate::service::{Delivery, Messages};
use crate::store::{conversations, generations, messages};

/// The most messages that are sent along. What a model's window takes is the provider's to judge.
const HISTORY_MESSAGES: u64 = 200;
/// The most characters that are sent along, the newest first.
const HISTORY_CHARACTERS: usize = 400_000;

/// [`Messages`] over the tables and the engine.
#[derive(Debug)]
pub(crate) struct MessageService {
    pub(crate) engine: Arc<Engine>,
    pub(crate) router: Arc<Router>,
}

/// What is stored before the model is asked.
struct Begun {
    row: Generation,
    user_message: Message,
    /// None: nobody can answer.
    request: Option<ChatRequest>,
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
        let leaf = match found.active_leaf {
            Some(leaf) => messages::find(connection, &found, leaf).await?,
            None => None,
        };
        let Some(leaf) = leaf else { return Ok(Page { items: Vec::new(), next: None }) };
        Ok(messages::list(connection, &found, Some(&leaf), &page).await?)
    }

    async fn send(
        &self,
        actor: &Actor,
        conversation: ConversationId,
        message: NewMessage,
        delivery: Delivery,
    ) -> Result<Viewer, LlmError> {
        let received = Instant::now();
        actor.require(&permissions::CHAT)?;
        check(&message)?;
        let found = conversations::find(self.engine.db.read(), actor, conversation).await?.ok_or(NOT_FOUND)?;
        let plan = match self.router.plan(message.model.as_deref().or(found.model.as_deref())) {
            Err(error @ LlmError::UnknownModel { .. }) => return Err(error),
            plan => plan,
        };
        let begun = self.begin(actor, conversation, &message, &plan, &delivery).await?;
        match (plan, begun.request) {
            (Ok(targets), Some(request)) => Ok(self.engine.start(Work {
                row: begun.row,
                due: None,
                request,
                targets,
                mode: Mode::Stream,
                bounded: !delivery.stream,
                ends_with_viewers: false,
                user_message: Some(begun.user_message),
                received,
            })),
            (plan, _) => Err(LlmError::Unanswered {
                cause: Box::new(plan.err().unwrap_or(LlmError::Plain(&codes::PROVIDER_NOT_CONFIGURED))),
                user_message: begun.user_message.id.get(),
                generation: begun.row.id.get(),
            }),
        }
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
                if gone.created_by != author(actor) {
                    crate::conversations::require_creator(actor, &found)?;
                }
                let deleted = messages::delete_below(&tx, &found, &gone).await?;
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
    if serde_json::to_value(&message.parts).is_ok_and(|parts| crate::chat::holds_nul(&parts)) {
        fields.push(nul("/content"));
    }
    if fields.is_empty() { Ok(()) } else { Err(LlmError::Invalid(fields)) }
}

impl MessageService {
    /// Stores the message, the place of its answer and the running generation, in one unit.
    async fn begin(
        &self,
        actor: &Actor,
        id: ConversationId,
        message: &NewMessage,
        plan: &Result<Vec<Target>, LlmError>,
        delivery: &Delivery,
    ) -> Result<Begun, LlmError> {
        self.engine
            .db
            .write(|tx| async move {
                let conversation = conversations::find(&tx, actor, id).await?.ok_or(NOT_FOUND)?;
                let parent = parent(&tx, &conversation, message).await?;
                let generation: GenerationId = tx.ambient().id();
                let user = store_user_message(&tx, actor, &conversation, parent.as_ref(), message).await?;
                let first = plan.as_ref().ok().and_then(|targets| targets.first());
                let answer = match first {
                    Some(target) => Some(store_answer(&tx, actor, &user, generation, target).await?),
                    None => None,
                };
                let row = generations::insert(
                    &tx,
                    generations::Draft {
                        conversation: Some(id),
                        user_message: Some(user.id),
                        assistant_message: answer.as_ref().map(|answer| answer.id),
                        provider: first.map(|target| target.provider.provider().to_owned()),
                        model: first.map(|target| target.model.clone()),
                        repeat: delivery.repeat.clone(),
                        failure: plan.as_ref().err().map(Failure::of),
                        ..generations::Draft::plain(generation, actor, Purpose::Message)
                    },
                )
                .await?;
                let title = conversation.title.is_none().then(|| title_of(&crate::chat::joined_text(&user.parts)));
                let leaf = answer.as_ref().map_or(user.id, |answer| answer.id);
                conversations::advance(&tx, actor.owner, id, Some(leaf), title.filter(|title| !title.is_empty())).await?;
                let request = match first {
                    Some(_) => Some(self.request(&tx, &conversation, &user, message).await?),
                    None => None,
                };
                Ok(Begun { row, user_message: user, request })
            })
            .await
    }

    /// What the model is sent: the instructions and the branch up to the message.
    async fn request(
        &self,
        tx: &Tx,
        conversation: &Conversation,
        user: &Message,
        message: &NewMessage,
    ) -> Result<ChatRequest, LlmError> {
        let history = messages::recent(tx, conversation, user, HISTORY_MESSAGES).await?;
        let mut messages: Vec<ChatMessage> =
            conversation.system_prompt.iter().map(|prompt| ChatMessage::text(Role::System, prompt)).collect();
        messages.extend(newest_within(history, HISTORY_CHARACTERS));
        Ok(ChatRequest {
            messages,
            temperature: message.temperature,
            max_output_tokens: message.max_output_tokens,
            ..ChatRequest::default()
        })
    }
}

/// The newest messages whose text fits, oldest first; the last one always. Answers of which nothing arrived are left out.
fn newest_within(history: Vec<Message>, characters: usize) -> Vec<ChatMessage> {
    let mut kept: Vec<ChatMessage> = Vec::new();
    let mut held = 0_usize;
    for message in history.into_iter().rev().filter(|message| !message.parts.is_empty()) {
        held = held.saturating_add(crate::chat::joined_text(&message.parts).chars().count());
        if held > characters && !kept.is_empty() {
            break;
        }
        kept.push(ChatMessage { role: message.role, parts: message.parts });
    }
    kept.reverse();
    kept
}

/// The message that a new one answers.
async fn parent(tx: &Tx, conversation: &Conversation, message: &NewMessage) -> Result<Option<Message>, LlmError> {
    let Some(id) = message.parent.or(conversation.active_leaf) else { return Ok(None) };
    let Some(parent) = messages::find(tx, conversation, id).await? else {
        let text = "There is no such message in this conversation.";
        return Err(LlmError::Invalid(vec![FieldError::new("/parent_id", "unknown_message", text)]));
    };
    if parent.status == MessageStatus::Streaming {
        return Err(LlmError::Plain(&codes::GENERATION_RUNNING));
    }
    Ok(Some(parent))
}

async fn store_user_message(
    tx: &Tx,
    actor: &Actor,
    conversation: &Conversation,
    parent: Option<&Message>,
    message: &NewMessage,
) -> Result<Message, LlmError> {
    let role = if message.parts.iter().all(|part| matches!(part, Part::ToolResult { .. })) { Role::Tool } else { Role::User };
    let draft = messages::Draft {
        actor,
        conversation: conversation.id,
        parent,
        role,
        parts: &message.parts,
        status: MessageStatus::Complete,
        generation: None,
        model: None,
    };
    Ok(messages::insert(tx, draft).await?)
}

async fn store_answer(
    tx: &Tx,
    actor: &Actor,
    user: &Message,
    generation: GenerationId,
    target: &Target,
) -> Result<Message, LlmError> {
    let draft = messages::Draft {
        actor,
        conversation: user.conversation,
        parent: Some(user),
        role: Role::Assistant,
        parts: &[],
        status: MessageStatus::Streaming,
        generation: Some(generation),
        model: Some(format!("{}/{}", target.provider.provider(), target.model)),
    };
    Ok(messages::insert(tx, draft).await?)
}
