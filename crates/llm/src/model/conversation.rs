use core_kernel::{FieldError, Owner, Timestamp, UserId, Visibility, typed_id};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::GenerationId;
use crate::chat::{Part, Role};
use crate::error::LlmError;

typed_id! {
    /// A conversation.
    ConversationId
}

typed_id! {
    /// A message of a conversation.
    MessageId
}

/// A conversation: a tree of messages, of which one branch is active.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// Whose space.
    pub owner: Owner,
    /// Who began it.
    pub created_by: UserId,
    /// Who else sees it.
    pub visibility: Visibility,
    /// The title; none until the first message gives one.
    pub title: Option<String>,
    /// Instructions for the model.
    pub system_prompt: Option<String>,
    /// The model of messages that name none.
    pub model: Option<String>,
    /// Put away.
    pub archived: bool,
    /// Kept at hand.
    pub pinned: bool,
    /// The owner's own notes.
    pub metadata: Value,
    /// The newest message of the active branch.
    pub active_leaf: Option<MessageId>,
    /// The template whose text stands before the instructions.
    pub template: Option<String>,
    /// Its version; none: the newest.
    pub template_version: Option<i64>,
    /// What the model is told about the person, by name of its source.
    pub context: Vec<String>,
    /// Tools of the server that the model may call.
    pub tools: Vec<String>,
    /// Remembered facts are told to the model.
    pub memory: bool,
    /// When it began.
    pub created_at: Timestamp,
    /// When it changed last; a message is a change.
    pub updated_at: Timestamp,
    /// Raised by every change.
    pub version: i64,
}

/// The fields of a conversation that people set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DraftConversation {
    /// See [`Conversation::title`].
    pub title: Option<String>,
    /// See [`Conversation::system_prompt`].
    pub system_prompt: Option<String>,
    /// See [`Conversation::model`].
    pub model: Option<String>,
    /// See [`Conversation::visibility`].
    pub visibility: Visibility,
    /// See [`Conversation::metadata`].
    pub metadata: Option<Value>,
    /// See [`Conversation::template`].
    pub template: Option<String>,
    /// See [`Conversation::template_version`].
    pub template_version: Option<i64>,
    /// See [`Conversation::context`].
    pub context: Vec<String>,
    /// See [`Conversation::tools`].
    pub tools: Vec<String>,
    /// See [`Conversation::memory`]; on when nothing is said.
    pub memory: Option<bool>,
}

/// Changes of a conversation; the outer `None` leaves a field alone, the inner one empties it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// The title.
    pub title: Option<Option<String>>,
    /// The instructions.
    pub system_prompt: Option<Option<String>>,
    /// The model.
    pub model: Option<Option<String>>,
    /// Who else sees it; creators only may change it.
    pub visibility: Option<Visibility>,
    /// The notes.
    pub metadata: Option<Option<Value>>,
    /// Put away or taken out.
    pub archived: Option<bool>,
    /// Kept at hand or not.
    pub pinned: Option<bool>,
    /// Which branch is active: its newest message.
    pub active_leaf: Option<MessageId>,
    /// The template.
    pub template: Option<Option<String>>,
    /// Its version.
    pub template_version: Option<Option<i64>>,
    /// What the model is told about the person.
    pub context: Option<Vec<String>>,
    /// Tools that the model may call.
    pub tools: Option<Vec<String>>,
    /// Whether remembered facts are told.
    pub memory: Option<bool>,
}

/// The most characters of a title.
const TITLE_LIMIT: usize = 200;
/// The most characters of the instructions.
const SYSTEM_PROMPT_LIMIT: usize = 100_000;
/// The most characters of a model's name.
const MODEL_LIMIT: usize = 200;
/// The most bytes of the notes.
const METADATA_LIMIT: usize = 8 * 1024;

fn check_text(fields: &mut Vec<FieldError>, pointer: &str, text: Option<&str>, limit: usize) {
    if text.is_some_and(|text| text.chars().count() > limit) {
        fields.push(FieldError::new(pointer, "too_long", format!("At most {limit} characters.")));
    }
    if text.is_some_and(|text| text.contains('\0')) {
        fields.push(nul(pointer));
    }
}

/// U+0000 is in no text that people write, and PostgreSQL stores none.
pub(crate) fn nul(pointer: &str) -> FieldError {
    FieldError::new(pointer, "invalid_character", "U+0000 can't be stored.")
}

/// The most sources and tools of one conversation.
const NAMES_LIMIT: usize = 32;

fn check_names(fields: &mut Vec<FieldError>, pointer: &str, names: &[String]) {
    let sound = |name: &String| !name.is_empty() && name.len() <= 100 && !name.contains('\0');
    if names.len() > NAMES_LIMIT || !names.iter().all(sound) {
        fields.push(FieldError::new(pointer, "invalid_names", format!("At most {NAMES_LIMIT} names of 1 to 100 bytes.")));
    }
}

fn check_metadata(fields: &mut Vec<FieldError>, metadata: Option<&Value>) {
    let Some(metadata) = metadata else { return };
    if !metadata.is_object() {
        fields.push(FieldError::new("/metadata", "invalid_type", "Expected an object."));
    } else if metadata.to_string().len() > METADATA_LIMIT {
        fields.push(FieldError::new("/metadata", "too_long", "At most 8 KiB."));
    } else if core_kernel::holds_nul(metadata) {
        fields.push(nul("/metadata"));
    }
}

fn refuse(fields: Vec<FieldError>) -> Result<(), LlmError> {
    if fields.is_empty() { Ok(()) } else { Err(LlmError::Invalid(fields)) }
}

impl DraftConversation {
    /// Refuses what is too long.
    pub fn check(&self) -> Result<(), LlmError> {
        let mut fields = Vec::new();
        check_text(&mut fields, "/title", self.title.as_deref(), TITLE_LIMIT);
        check_text(&mut fields, "/system_prompt", self.system_prompt.as_deref(), SYSTEM_PROMPT_LIMIT);
        check_text(&mut fields, "/model", self.model.as_deref(), MODEL_LIMIT);
        check_metadata(&mut fields, self.metadata.as_ref());
        check_text(&mut fields, "/template", self.template.as_deref(), MODEL_LIMIT);
        check_names(&mut fields, "/context", &self.context);
        check_names(&mut fields, "/tools", &self.tools);
        refuse(fields)
    }
}

impl Changes {
    /// Refuses what is too long.
    pub fn check(&self) -> Result<(), LlmError> {
        let mut fields = Vec::new();
        let inner = |field: &Option<Option<String>>| field.clone().flatten();
        check_text(&mut fields, "/title", inner(&self.title).as_deref(), TITLE_LIMIT);
        check_text(&mut fields, "/system_prompt", inner(&self.system_prompt).as_deref(), SYSTEM_PROMPT_LIMIT);
        check_text(&mut fields, "/model", inner(&self.model).as_deref(), MODEL_LIMIT);
        check_metadata(&mut fields, self.metadata.as_ref().and_then(Option::as_ref));
        check_text(&mut fields, "/template", inner(&self.template).as_deref(), MODEL_LIMIT);
        check_names(&mut fields, "/context", self.context.as_deref().unwrap_or_default());
        check_names(&mut fields, "/tools", self.tools.as_deref().unwrap_or_default());
        refuse(fields)
    }
}

/// A title from the first message: its first words.
pub fn title_of(text: &str) -> String {
    let mut title = String::new();
    for word in text.split_whitespace() {
        if title.chars().count() + word.chars().count() > 60 {
            if title.is_empty() {
                title = word.chars().take(60).collect();
            }
            title.push('…');
            break;
        }
        if !title.is_empty() {
            title.push(' ');
        }
        title.push_str(word);
    }
    title
}

/// How far a message has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MessageStatus {
    /// Whole.
    Complete,
    /// Being written.
    Streaming,
    /// Broken off; what arrived is there.
    Partial,
    /// Stopped by somebody; what arrived is there.
    Cancelled,
    /// Nothing arrived.
    Failed,
}

impl MessageStatus {
    const ALL: [Self; 5] = [Self::Complete, Self::Streaming, Self::Partial, Self::Cancelled, Self::Failed];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Streaming => "streaming",
            Self::Partial => "partial",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}

/// Where a message stands in the tree: on which linear run of messages, and how far from the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The run. The first child of a message continues its run; every further child begins one.
    pub branch: Uuid,
    /// 0 for the first message.
    pub depth: i64,
    /// The message before.
    pub parent: Option<MessageId>,
}

/// A linear run of messages, and where it leaves another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Its id.
    pub id: Uuid,
    /// The run that it leaves; none for a run from the root.
    pub parent: Option<Uuid>,
    /// The depth of the last message that it shares with its parent; -1 from the root.
    pub fork_depth: i64,
}

/// A message as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Its conversation.
    pub conversation: ConversationId,
    /// Who wrote it, or asked for it.
    pub created_by: UserId,
    /// Where it stands.
    pub place: Placed,
    /// Whose turn.
    pub role: Role,
    /// What is said.
    pub parts: Vec<Part>,
    /// How far it has come.
    pub status: MessageStatus,
    /// The generation that writes or wrote it.
    pub generation: Option<GenerationId>,
    /// `provider/model` of an answer.
    pub model: Option<String>,
    /// Why an answer ended.
    pub finish_reason: Option<String>,
    /// When it was made; rises along every branch.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
}

/// How an answer is made anew.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Regenerate {
    /// The model, when not the conversation's.
    pub model: Option<String>,
    /// Sampling temperature.
    pub temperature: Option<f32>,
    /// The most tokens of the answer.
    pub max_output_tokens: Option<u32>,
}

/// A user's message on its way in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewMessage {
    /// What is said.
    pub parts: Vec<Part>,
    /// The message that it answers; none: the active leaf.
    pub parent: Option<MessageId>,
    /// The message whose place it takes, on a branch of its own; not together with `parent`.
    pub replaces: Option<MessageId>,
    /// Files that belong to it.
    pub attachments: Vec<Uuid>,
    /// The model, when not the conversation's.
    pub model: Option<String>,
    /// Sampling temperature.
    pub temperature: Option<f32>,
    /// The most tokens of the answer.
    pub max_output_tokens: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_made_of_the_first_words() {
        assert_eq!(title_of("  How do I\nbake bread? "), "How do I bake bread?");
        let long = title_of(&"word ".repeat(40));
        assert!(long.ends_with("word…") && long.chars().count() <= 61, "{long}");
        assert_eq!(title_of(&"x".repeat(100)).chars().count(), 61);
        assert_eq!(title_of(" "), "");
    }

    #[test]
    fn what_is_too_long_is_named() {
        let draft = DraftConversation {
            title: Some("t".repeat(201)),
            metadata: Some(serde_json::json!({ "x": "y".repeat(9000) })),
            ..DraftConversation::default()
        };
        let LlmError::Invalid(fields) = draft.check().unwrap_err() else { panic!() };
        assert_eq!(fields.iter().map(|field| field.pointer.as_str()).collect::<Vec<_>>(), ["/title", "/metadata"]);
    }
}
