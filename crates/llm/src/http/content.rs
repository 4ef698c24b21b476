use std::fmt;

use serde::Deserialize;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::chat::{Message, Part, Role, ToolSpec};

/// What a message says: a text, or parts.
#[derive(ToSchema)]
#[serde(untagged)]
pub(super) enum Content {
    /// A text.
    Text(String),
    /// Parts in order.
    Parts(Vec<Part>),
}

impl<'de> Deserialize<'de> for Content {
    /// Reads as it comes. What serde keeps aside to try one form after the other is read with less care.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a list of parts")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Content, E> {
        Ok(Content::Text(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Content, E> {
        Ok(Content::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, parts: A) -> Result<Content, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(parts)).map(Content::Parts)
    }
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

#[cfg(test)]
mod tests {
    use core_http::parse_json;

    use super::*;

    #[test]
    fn what_a_message_says_is_a_text_or_parts_that_are_named() {
        let read = |text: &str| parse_json::<Content>(text.as_bytes(), 64).map(Content::into_parts);
        let hello = vec![Part::text("Hello")];
        assert_eq!(read(r#""Hello""#).unwrap(), hello);
        assert_eq!(read(r#"[{"type":"text","text":"Hello"}]"#).unwrap(), hello);
        for broken in [r#"[{"type":0,"text":"Hello"}]"#, r#"{"text":"Hello"}"#, "7", "null"] {
            assert_eq!(read(broken).unwrap_err().to_value()["status"], 422, "{broken}");
        }
    }
}
