use std::collections::HashMap;
use std::sync::Arc;

use core_db::Tx;
use core_kernel::{Actor, FieldError, Order, PageRequest};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::chat::{Part, Role};
use crate::conversations::NOT_FOUND;
use crate::engine::Engine;
use crate::error::LlmError;
use crate::model::{Conversation, ConversationId, DraftConversation, Message, MessageStatus, nul};
use crate::permissions;
use crate::store::{conversations, messages};

/// What an archive calls itself.
const FORMAT: &str = "brickwork.conversation/1";
/// The most messages of an archive.
const LIMIT: usize = 10_000;

/// A conversation as a document: all branches, so that it can be taken elsewhere and back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ConversationArchive {
    /// `brickwork.conversation/1`.
    pub format: String,
    /// The title.
    #[serde(default)]
    pub title: Option<String>,
    /// The instructions.
    #[serde(default)]
    pub system_prompt: Option<String>,
    /// The model of messages that name none.
    #[serde(default)]
    pub model: Option<String>,
    /// The owner's own notes.
    #[serde(default)]
    pub metadata: Option<Value>,
    /// The newest message of the active branch.
    #[serde(default)]
    pub active_leaf_id: Option<Uuid>,
    /// All messages, a parent before its children.
    pub messages: Vec<ArchivedMessage>,
}

/// A message of an archive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ArchivedMessage {
    /// Its id in the archive; it gets another one when it comes back.
    pub id: Uuid,
    /// The message before.
    #[serde(default)]
    pub parent_id: Option<Uuid>,
    /// Whose turn.
    pub role: Role,
    /// What is said.
    pub parts: Vec<Part>,
    /// How far it came.
    #[serde(default = "complete")]
    pub status: MessageStatus,
    /// `provider/model` of an answer.
    #[serde(default)]
    pub model: Option<String>,
}

const fn complete() -> MessageStatus {
    MessageStatus::Complete
}

impl From<Message> for ArchivedMessage {
    fn from(message: Message) -> Self {
        // What is being written now is no more than a part elsewhere.
        let status = if message.status == MessageStatus::Streaming { MessageStatus::Partial } else { message.status };
        Self {
            id: message.id.get(),
            parent_id: message.place.parent.map(crate::MessageId::get),
            role: message.role,
            parts: message.parts,
            status,
            model: message.model,
        }
    }
}

/// The whole tree of a conversation.
pub(crate) async fn export(engine: &Arc<Engine>, actor: &Actor, id: ConversationId) -> Result<ConversationArchive, LlmError> {
    actor.require(&permissions::READ)?;
    let connection = engine.db.read();
    let found = conversations::find(connection, actor, id).await?.ok_or(NOT_FOUND)?;
    let mut archived = Vec::new();
    let mut request = PageRequest::first(PageRequest::MAX_LIMIT, Order::Asc);
    loop {
        let page = messages::list(connection, &found, None, &request).await?;
        archived.extend(page.items.into_iter().map(ArchivedMessage::from));
        request.after = page.next;
        if request.after.is_none() {
            break;
        }
    }
    Ok(ConversationArchive {
        format: FORMAT.to_owned(),
        title: found.title,
        system_prompt: found.system_prompt,
        model: found.model,
        metadata: Some(found.metadata),
        active_leaf_id: found.active_leaf.map(crate::MessageId::get),
        messages: archived,
    })
}

fn check(archive: &ConversationArchive) -> Result<(), LlmError> {
    let mut fields = Vec::new();
    if archive.format != FORMAT {
        fields.push(FieldError::new("/format", "unknown_format", format!("Expected `{FORMAT}`.")));
    }
    if archive.messages.len() > LIMIT {
        fields.push(FieldError::new("/messages", "too_many", format!("At most {LIMIT} messages.")));
    }
    let mut known = std::collections::HashSet::new();
    for (index, message) in archive.messages.iter().enumerate().take(LIMIT) {
        let at = |field: &str| format!("/messages/{index}/{field}");
        if message.parent_id.is_some_and(|parent| !known.contains(&parent)) {
            fields.push(FieldError::new(at("parent_id"), "unknown_message", "A parent stands before its children."));
        }
        if !known.insert(message.id) {
            fields.push(FieldError::new(at("id"), "repeated", "Two messages have this id."));
        }
        if message.role == Role::System {
            fields.push(FieldError::new(at("role"), "invalid_role", "Instructions stand in `system_prompt`."));
        }
        if message.status == MessageStatus::Streaming {
            fields.push(FieldError::new(at("status"), "invalid_status", "Nothing is being written in an archive."));
        }
        let document = serde_json::to_value(&message.parts).unwrap_or_default();
        if core_kernel::holds_nul(&document) || message.model.as_ref().is_some_and(|model| model.contains('\0')) {
            fields.push(nul(&at("parts")));
        }
        if fields.len() > 20 {
            break;
        }
    }
    if archive.active_leaf_id.is_some_and(|leaf| !known.contains(&leaf)) {
        fields.push(FieldError::new("/active_leaf_id", "unknown_message", "There is no such message in the archive."));
    }
    if fields.is_empty() { Ok(()) } else { Err(LlmError::Invalid(fields)) }
}

/// Makes a conversation of an archive, with fresh ids.
pub(crate) async fn import(engine: &Arc<Engine>, actor: &Actor, archive: ConversationArchive) -> Result<Conversation, LlmError> {
    actor.require(&permissions::CHAT)?;
    check(&archive)?;
    let draft = DraftConversation {
        title: archive.title.clone(),
        system_prompt: archive.system_prompt.clone(),
        model: archive.model.clone(),
        metadata: archive.metadata.clone(),
        ..DraftConversation::default()
    };
    draft.check()?;
    let (archive, draft) = (&archive, &draft);
    engine
        .db
        .write(|tx| async move {
            let made = conversations::insert(&tx, actor, draft).await?;
            let placed = place_all(&tx, actor, &made, archive).await?;
            let last = archive.messages.last().map(|message| message.id);
            let leaf = archive.active_leaf_id.or(last).and_then(|id| placed.get(&id)).map(|message| message.id);
            conversations::advance(&tx, actor.owner, made.id, leaf, None).await?;
            conversations::find(&tx, actor, made.id).await?.ok_or(NOT_FOUND)
        })
        .await
}

async fn place_all(
    tx: &Tx,
    actor: &Actor,
    conversation: &Conversation,
    archive: &ConversationArchive,
) -> Result<HashMap<Uuid, Message>, LlmError> {
    let mut placed: HashMap<Uuid, Message> = HashMap::new();
    for archived in &archive.messages {
        let parent = archived.parent_id.and_then(|parent| placed.get(&parent));
        let draft = messages::Draft {
            actor,
            conversation: conversation.id,
            parent,
            role: archived.role,
            parts: &archived.parts,
            status: archived.status,
            generation: None,
            model: archived.model.clone(),
        };
        let message = messages::insert(tx, draft).await?;
        placed.insert(archived.id, message);
    }
    Ok(placed)
}
