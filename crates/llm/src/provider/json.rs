use serde_json::Value;

use super::ModelError;

/// Readers over a provider's JSON that take absence and a wrong type as the same thing: providers add, drop and null fields.
pub(super) trait Loose {
    fn text(&self, pointer: &str) -> Option<&str>;
    fn number(&self, pointer: &str) -> u64;
    fn list(&self, pointer: &str) -> &[Value];
}

impl Loose for Value {
    fn text(&self, pointer: &str) -> Option<&str> {
        self.pointer(pointer).and_then(Value::as_str)
    }

    fn number(&self, pointer: &str) -> u64 {
        self.pointer(pointer).and_then(Value::as_u64).unwrap_or(0)
    }

    fn list(&self, pointer: &str) -> &[Value] {
        self.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }
}

pub(super) fn parse(text: &[u8]) -> Result<Value, ModelError> {
    serde_json::from_slice(text).map_err(|error| {
        let what = if text.trim_ascii_start().starts_with(b"<") {
            "it is HTML".to_owned()
        } else {
            format!("no JSON at line {}", error.line())
        };
        ModelError::protocol(&what)
    })
}

/// The arguments of a tool call as the model wrote them; what is no JSON stays text.
pub(super) fn arguments(text: &str) -> Value {
    if text.trim().is_empty() {
        return Value::Object(serde_json::Map::new());
    }
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}
