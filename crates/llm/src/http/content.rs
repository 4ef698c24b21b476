use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::chat::{Message, Part, Role, ToolSpec};

/// What a message says: a text, or parts.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Content {
    /// A text.
    Text(String),
    /// Parts in order.
    Parts(Vec<Part>),
}

impl Content {
    pub(super) fn into_parts(self) -> Vec<Part> {
        match self {
            Self::Text(text) => vec![Part::text(text)],
            Self::Parts(parts) => parts,
        }
    }
}

/// A turn of a chat that the caller keeps.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TurnBody {
    /// Whose turn.
    role: Role,
    /// What is said.
    content: Content,
}

impl From<TurnBody> for Message {
    fn from(turn: TurnBody) -> Self {
        Self { role: turn.role, parts: turn.content.into_parts() }
    }
}

/// A function that the model may call; the caller runs it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ToolBody {
    /// Its name: letters, digits, `_` and `-`, at most 64.
    #[schema(example = "weather")]
    name: String,
    /// What it does, for the model.
    #[serde(default)]
    description: String,
    /// JSON Schema of its arguments.
    #[serde(default)]
    parameters: Option<Value>,
}

impl From<ToolBody> for ToolSpec {
    fn from(tool: ToolBody) -> Self {
        let parameters = tool.parameters.unwrap_or_else(|| json!({ "type": "object", "properties": {} }));
        Self { name: tool.name, description: tool.description, parameters }
    }
}
