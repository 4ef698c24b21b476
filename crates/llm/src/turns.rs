use std::sync::Arc;

use core_db::{DbError, Tx};
use core_kernel::{Actor, FieldError};
use sea_orm::ConnectionTrait;

use crate::catalogue::Prices;
use crate::chat::{ChatRequest, Part, Role, ToolSpec};
use crate::conversations::NOT_FOUND;
use crate::engine::Engine;
use crate::error::{Failure, LlmError, codes};
use crate::limits::{Admitted, dearest};
use crate::memory::{Preface, assemble, recall, wish_to_remember};
use crate::model::{
    Conversation, Generation, GenerationId, Message, MessageId, MessageStatus, NewMessage, Purpose, Summary, title_of,
};
use crate::routing::Target;
use crate::service::Delivery;
use crate::store::{conversations, facts, generations, messages, summaries};

/// The most messages that are sent along.
const HISTORY_MESSAGES: u64 = 200;

/// What an answer is wanted to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Turn<'a> {
    /// A new message.
    New(&'a NewMessage),
    /// The message again: the same question, another answer.
    Again(MessageId),
    /// Results of tools that a generation waits for.
    Results(&'a NewMessage, GenerationId),
}

impl Turn<'_> {
    /// What is being said, to find what is near to it.
    pub(crate) async fn about(&self, engine: &Arc<Engine>, conversation: &Conversation) -> Result<String, LlmError> {
        match self {
            Self::New(message) => Ok(crate::chat::joined_text(&message.parts)),
            Self::Again(id) => {
                let found = messages::find(engine.db.read(), conversation, *id).await?;
                Ok(found.map(|message| crate::chat::joined_text(&message.parts)).unwrap_or_default())
            }
            Self::Results(..) => Ok(String::new()),
        }
    }
}

/// How an answer is sampled.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sampling {
    pub(crate) temperature: Option<f32>,
    pub(crate) max_output_tokens: Option<u32>,
}

impl Sampling {
    pub(crate) fn check(self) -> Result<(), LlmError> {
        let mut fields = Vec::new();
        if self.temperature.is_some_and(|value| !(0.0..=2.0).contains(&value)) {
            fields.push(FieldError::new("/temperature", "out_of_range", "Expected a number from 0 to 2."));
        }
        if self.max_output_tokens == Some(0) {
            fields.push(FieldError::new("/max_output_tokens", "out_of_range", "Expected at least 1."));
        }
        if fields.is_empty() { Ok(()) } else { Err(LlmError::Invalid(fields)) }
    }
}

/// What is stored before the model is asked.
pub(crate) struct Begun {
    pub(crate) row: Generation,
    pub(crate) user_message: Message,
    /// None: nobody can answer.
    pub(crate) request: Option<ChatRequest>,
    /// The room for turns, where they have outgrown their share of it.
    pub(crate) outgrown: Option<u64>,
}

/// Stores turns with the place of their answers.
pub(crate) struct Turns<'a> {
    pub(crate) engine: &'a Arc<Engine>,
    pub(crate) actor: &'a Actor,
    pub(crate) preface: Preface,
    pub(crate) window: Option<u64>,
    pub(crate) sampling: Sampling,
    pub(crate) tools: Vec<ToolSpec>,
    pub(crate) prices: &'a Prices,
    pub(crate) admitted: Admitted,
}

type Plan = Result<Vec<Target>, LlmError>;

impl Turns<'_> {
    /// Stores the message, the place of its answer and the running generation, in one unit.
    pub(crate) async fn begin(
        &self,
        found: &Conversation,
        turn: &Turn<'_>,
        plan: &Plan,
        delivery: &Delivery,
    ) -> Result<Begun, LlmError> {
        self.engine
            .db
            .write(|tx| async move {
                let conversation = conversations::find(&tx, self.actor, found.id).await?.ok_or(NOT_FOUND)?;
                let user = self.said(&tx, &conversation, turn).await?;
                let (request, outgrown) = match plan {
                    Ok(_) => {
                        self.request(&tx, &conversation, &user).await.map(|(request, outgrown)| (Some(request), outgrown))?
                    }
                    Err(_) => (None, None),
                };
                if request.as_ref().is_some_and(|request| self.engine.guard.denied(request).is_some()) {
                    return Err(LlmError::Plain(&codes::GUARDRAIL));
                }
                let (row, answer) = self.begin_answer(&tx, &user, turn, plan, delivery, request.as_ref()).await?;
                let title = conversation.title.is_none().then(|| title_of(&crate::chat::joined_text(&user.parts)));
                let leaf = answer.as_ref().map_or(user.id, |answer| answer.id);
                let title = title.filter(|title| !title.is_empty());
                conversations::advance(&tx, self.actor.owner, conversation.id, Some(leaf), title).await?;
                Ok(Begun { row, user_message: user, request, outgrown })
            })
            .await
    }

    /// The message that is answered: stored now, or found.
    async fn said(&self, tx: &Tx, conversation: &Conversation, turn: &Turn<'_>) -> Result<Message, LlmError> {
        let message = match turn {
            Turn::New(message) | Turn::Results(message, _) => *message,
            Turn::Again(id) => return answered(tx, conversation, *id).await,
        };
        let parent = parent(tx, conversation, message).await?;
        let user = store_user_message(tx, self.actor, conversation, parent.as_ref(), message).await?;
        let wish = wish_to_remember(&crate::chat::joined_text(&user.parts)).filter(|_| conversation.memory);
        if let Some(fact) = wish {
            facts::insert(tx, self.actor, &fact, Some(&user)).await?;
            recall::enqueue(self.engine, tx, self.actor.owner, self.actor.author()).await?;
        }
        Ok(user)
    }

    #[expect(clippy::too_many_arguments, reason = "each comes from another place, and none belongs to another")]
    async fn begin_answer(
        &self,
        tx: &Tx,
        user: &Message,
        turn: &Turn<'_>,
        plan: &Plan,
        delivery: &Delivery,
        request: Option<&ChatRequest>,
    ) -> Result<(Generation, Option<Message>), LlmError> {
        let generation: GenerationId = tx.ambient().id();
        let first = plan.as_ref().ok().and_then(|targets| targets.first());
        let answer = match first {
            Some(target) => Some(store_answer(tx, self.actor, user, generation, target).await?),
            None => None,
        };
        let reservation = match (plan, request) {
            (Ok(targets), Some(request)) => self.admitted.reserve(tx, dearest(self.prices, targets, request)).await?,
            _ => None,
        };
        let draft = generations::Draft {
            reservation,
            conversation: Some(user.conversation),
            user_message: Some(user.id),
            assistant_message: answer.as_ref().map(|answer| answer.id),
            provider: first.map(|target| target.provider.provider().to_owned()),
            model: first.map(|target| target.model.clone()),
            repeat: delivery.repeat.clone(),
            failure: plan.as_ref().err().map(Failure::of),
            parent: if let Turn::Results(_, parent) = turn { Some(*parent) } else { None },
            ..generations::Draft::plain(generation, self.actor, Purpose::Message)
        };
        Ok((generations::insert(tx, draft).await?, answer))
    }

    /// What the model is sent, and the room for turns where they have outgrown their share of it.
    async fn request(
        &self,
        tx: &Tx,
        conversation: &Conversation,
        user: &Message,
    ) -> Result<(ChatRequest, Option<u64>), LlmError> {
        let (summary, history) = recent(tx, conversation, user).await?;
        let assembled = assemble(&self.preface, summary.as_ref(), history, self.window, self.sampling.max_output_tokens);
        let request = ChatRequest {
            tools: self.tools.clone(),
            temperature: self.sampling.temperature,
            max_output_tokens: self.sampling.max_output_tokens,
            ..ChatRequest::from(&assembled)
        };
        Ok((request, assembled.outgrown.filter(|_| self.engine.rolling_summaries)))
    }
}

/// The summary that stands for the beginning of the branch, and the newest messages after it, oldest first.
pub(crate) async fn recent<C: ConnectionTrait>(
    connection: &C,
    conversation: &Conversation,
    leaf: &Message,
) -> Result<(Option<Summary>, Vec<Message>), DbError> {
    let path = messages::path_to(connection, conversation, leaf).await?;
    let summary = summaries::deepest(connection, conversation, &path).await?;
    let after = summary.as_ref().map(|summary| summary.depth);
    Ok((summary, messages::along(connection, conversation, &path, after, HISTORY_MESSAGES).await?))
}

/// The question that a message answers, or the message itself when it is one.
async fn answered(tx: &Tx, conversation: &Conversation, id: MessageId) -> Result<Message, LlmError> {
    const MISSING: LlmError = LlmError::Plain(&codes::MESSAGE_NOT_FOUND);
    let found = messages::find(tx, conversation, id).await?.ok_or(MISSING)?;
    if found.status == MessageStatus::Streaming {
        return Err(LlmError::Plain(&codes::GENERATION_RUNNING));
    }
    if found.role != Role::Assistant {
        return Ok(found);
    }
    let parent = found.place.parent.ok_or(MISSING)?;
    messages::find(tx, conversation, parent).await?.ok_or(MISSING)
}

/// The message that a new one follows.
async fn parent(tx: &Tx, conversation: &Conversation, message: &NewMessage) -> Result<Option<Message>, LlmError> {
    let unknown = |pointer: &str| {
        let text = "There is no such message in this conversation.";
        LlmError::Invalid(vec![FieldError::new(pointer, "unknown_message", text)])
    };
    let id = match message.replaces {
        Some(replaced) => {
            let replaced = messages::find(tx, conversation, replaced).await?.ok_or_else(|| unknown("/replaces_id"))?;
            replaced.place.parent
        }
        None => message.parent.or(conversation.active_leaf),
    };
    let Some(id) = id else { return Ok(None) };
    let parent = messages::find(tx, conversation, id).await?.ok_or_else(|| unknown("/parent_id"))?;
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
