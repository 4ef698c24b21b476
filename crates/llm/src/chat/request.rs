use serde_json::Value;

use super::{Message, Role};

/// A function that a model may call.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolSpec {
    /// Its name, `[A-Za-z0-9_-]{1,64}`.
    pub name: String,
    /// What it does, for the model.
    pub description: String,
    /// JSON Schema of its arguments.
    pub parameters: Value,
}

/// What a model is asked. An adapter turns it into its provider's request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChatRequest {
    /// The provider's own name of the model.
    pub model: String,
    /// The turns, oldest first; system messages may stand anywhere.
    pub messages: Vec<Message>,
    /// Functions that the model may call.
    pub tools: Vec<ToolSpec>,
    /// The most tokens of the answer.
    pub max_output_tokens: Option<u32>,
    /// Sampling temperature.
    pub temperature: Option<f32>,
    /// JSON Schema that the answer must satisfy.
    pub schema: Option<Value>,
}

/// A field of a request that may be left out when a provider refuses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Parameter {
    /// [`ChatRequest::temperature`].
    Temperature,
    /// [`ChatRequest::max_output_tokens`].
    MaxOutputTokens,
    /// [`ChatRequest::schema`], as the provider's own constraint.
    Schema,
}

impl Parameter {
    /// Its name in the public request.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Temperature => "temperature",
            Self::MaxOutputTokens => "max_output_tokens",
            Self::Schema => "schema",
        }
    }

    /// From its name in the public request.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Temperature, Self::MaxOutputTokens, Self::Schema].into_iter().find(|parameter| parameter.as_str() == name)
    }

    /// From a provider's words: the name of a field, or a sentence that holds it.
    pub fn named_in(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        let names: [(&str, Self); 10] = [
            ("temperature", Self::Temperature),
            ("max_completion_tokens", Self::MaxOutputTokens),
            ("max_tokens", Self::MaxOutputTokens),
            ("maxoutputtokens", Self::MaxOutputTokens),
            ("response_format", Self::Schema),
            ("responsejsonschema", Self::Schema),
            ("responseschema", Self::Schema),
            ("json_schema", Self::Schema),
            ("output_config", Self::Schema),
            ("max_output_tokens", Self::MaxOutputTokens),
        ];
        names.into_iter().find(|(name, _)| text.contains(name)).map(|(_, parameter)| parameter)
    }
}

impl ChatRequest {
    /// The text of all system messages, and the other messages.
    pub fn split_system(&self) -> (Option<String>, Vec<&Message>) {
        let system: Vec<String> =
            self.messages.iter().filter(|message| message.role == Role::System).map(Message::joined_text).collect();
        let turns = self.messages.iter().filter(|message| message.role != Role::System).collect();
        (if system.is_empty() { None } else { Some(system.join("\n\n")) }, turns)
    }

    /// True when the request sets the field.
    pub fn sets(&self, parameter: Parameter) -> bool {
        match parameter {
            Parameter::Temperature => self.temperature.is_some(),
            Parameter::MaxOutputTokens => self.max_output_tokens.is_some(),
            Parameter::Schema => self.schema.is_some(),
        }
    }

    /// Takes the field out.
    pub fn clear(&mut self, parameter: Parameter) {
        match parameter {
            Parameter::Temperature => self.temperature = None,
            Parameter::MaxOutputTokens => self.max_output_tokens = None,
            Parameter::Schema => self.schema = None,
        }
    }
}
