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
        find(self, pointer).and_then(Value::as_str)
    }

    fn number(&self, pointer: &str) -> u64 {
        find(self, pointer).and_then(Value::as_u64).unwrap_or(0)
    }

    fn list(&self, pointer: &str) -> &[Value] {
        find(self, pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }
}

/// As `Value::pointer` (RFC 6901), for the pointers of the adapters: none of them has anything escaped, and looking for escapes copies each step
/// of each pointer twice.
fn find<'v>(value: &'v Value, pointer: &str) -> Option<&'v Value> {
    pointer.split('/').skip(1).try_fold(value, |inside, step| match inside {
        Value::Object(fields) => fields.get(step),
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        _ => None,
    })
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pointers_find_what_those_of_rfc_6901_find() {
        let document = json!({"a": [{"b": "deep"}, [1, 2]], "": {"": 3}, "n": null});
        for pointer in ["", "/", "//", "/a", "/a/0", "/a/0/b", "/a/1/1", "/a/2", "/a/b", "/a/0/b/c", "/n", "/n/a", "/none/a"] {
            assert_eq!(find(&document, pointer), document.pointer(pointer), "{pointer}");
        }
        assert_eq!(document.text("/a/0/b"), Some("deep"));
    }
}
