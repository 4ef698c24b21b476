use serde_json::{Map, Value};

/// True when a text or a key anywhere in the value has the character U+0000, which PostgreSQL stores neither in `text` nor in
/// `jsonb`. Whoever stores texts of clients refuses it.
pub fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(members) => members_hold_nul(members),
        _ => false,
    }
}

/// As [`holds_nul`], of an object's members.
pub fn members_hold_nul(members: &Map<String, Value>) -> bool {
    members.iter().any(|(key, value)| key.contains('\0') || holds_nul(value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_character_is_found_at_any_depth_and_its_spelling_is_not_it() {
        for hidden in [json!({"a": "x\0"}), json!({"\0": 1}), json!({"a": [[{"b": "\0"}]]}), json!({"a": {"b\0": null}})] {
            assert!(holds_nul(&hidden), "{hidden}");
        }
        assert!(!holds_nul(&json!({"a": ["\\u0000", null, 1.5, true]})));
    }
}
