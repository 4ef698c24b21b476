use serde_json::{Map, Value, json};

/// Formats that the strict dialects know.
const FORMATS: [&str; 10] = ["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"];

/// Bounds that the strict dialects refuse; they move into the description, and the answer is checked against the original.
const BOUNDS: [&str; 14] = [
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "contains",
    "propertyNames",
];

/// A schema in the dialect of Anthropic's structured output: every object closed, no bounds, `anyOf` for `oneOf`.
pub(super) fn strict_objects(schema: &Value) -> Value {
    match schema {
        Value::Array(items) => items.iter().map(strict_objects).collect(),
        Value::Object(fields) => Value::Object(strict_object(fields)),
        plain => plain.clone(),
    }
}

fn strict_object(fields: &Map<String, Value>) -> Map<String, Value> {
    let mut out = Map::new();
    let mut said: Vec<String> = Vec::new();
    for (name, value) in fields {
        match name.as_str() {
            "properties" | "$defs" | "definitions" => {
                let inner = value.as_object().into_iter().flatten();
                out.insert(name.clone(), inner.map(|(key, schema)| (key.clone(), strict_objects(schema))).collect());
            }
            "enum" | "const" | "default" | "examples" | "required" => drop(out.insert(name.clone(), value.clone())),
            "oneOf" => drop(out.insert("anyOf".to_owned(), strict_objects(value))),
            "format" if !value.as_str().is_some_and(|format| FORMATS.contains(&format)) => said.push(format!("format {value}")),
            "minItems" if value.as_u64().is_some_and(|count| count > 1) => said.push(format!("minItems {value}")),
            bound if BOUNDS.contains(&bound) => said.push(format!("{bound} {value}")),
            _ => drop(out.insert(name.clone(), strict_objects(value))),
        }
    }
    if fields.get("type").and_then(Value::as_str) == Some("object") {
        out.insert("additionalProperties".to_owned(), json!(false));
    }
    if !said.is_empty() {
        let described = out.get("description").and_then(Value::as_str).unwrap_or_default();
        let text = format!("{described} ({})", said.join(", "));
        out.insert("description".to_owned(), json!(text.trim()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_closed_and_bounds_become_words() {
        let schema = json!({ "type": "object", "properties": {
            "age": { "type": "integer", "minimum": 0, "description": "In years" },
            "format": { "oneOf": [{ "type": "string", "format": "color" }, { "type": "null" }] },
        } });
        let expected = json!({ "type": "object", "additionalProperties": false, "properties": {
            "age": { "type": "integer", "description": "In years (minimum 0)" },
            "format": { "anyOf": [{ "type": "string", "description": "(format \"color\")" }, { "type": "null" }] },
        } });
        assert_eq!(strict_objects(&schema), expected);
    }
}
