use jsonschema::{PatternOptions, Validator};
use serde::Serialize;
use serde_json::Value;

/// The most violations that are told.
const TOLD: usize = 20;
/// The most bytes of a schema.
const SCHEMA_LIMIT: usize = 256 * 1024;

/// Where a document breaks its schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct Violation {
    /// JSON pointer (RFC 6901) into the document.
    pub pointer: String,
    /// What is wrong, in a sentence.
    pub message: String,
}

/// A schema that is ready to check documents. References lead nowhere but into the schema itself.
#[derive(Debug)]
pub struct Checker(Validator);

impl Checker {
    /// From a JSON Schema (2020-12 unless `$schema` says otherwise). The error says what is wrong with it.
    pub fn new(schema: &Value) -> Result<Self, String> {
        if !schema.is_object() {
            return Err("A JSON Schema is an object.".to_owned());
        }
        if schema.to_string().len() > SCHEMA_LIMIT {
            return Err(format!("At most {SCHEMA_LIMIT} bytes."));
        }
        // This engine of patterns takes time in proportion to the text, whatever the pattern.
        let options = jsonschema::options().with_pattern_options(PatternOptions::regex());
        options.build(schema).map(Self).map_err(|error| format!("It is no JSON Schema: {error}"))
    }

    /// What of the schema the document breaks, at most twenty of it.
    pub fn check(&self, document: &Value) -> Vec<Violation> {
        let violation = |error: jsonschema::ValidationError<'_>| {
            let mut message: String = error.to_string().chars().take(300).collect();
            message.retain(|letter| !letter.is_control());
            Violation { pointer: error.instance_path().to_string(), message }
        };
        self.0.iter_errors(document).take(TOLD).map(violation).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn violations_point_at_the_place() {
        let checker =
            Checker::new(&json!({ "type": "object", "properties": { "age": { "type": "integer" } }, "required": ["name"] }));
        let checker = checker.unwrap();
        assert_eq!(checker.check(&json!({ "name": "Ada", "age": 36 })), []);
        let mut pointers: Vec<String> = checker.check(&json!({ "age": "x" })).into_iter().map(|found| found.pointer).collect();
        pointers.sort();
        assert_eq!(pointers, ["", "/age"]);
    }

    #[test]
    fn what_is_no_schema_is_refused_and_nothing_is_fetched() {
        for schema in
            [json!([]), json!({ "type": "thing" }), json!({ "$ref": "http://127.0.0.1:9/x" }), json!({ "pattern": "(" })]
        {
            assert!(Checker::new(&schema).is_err(), "{schema}");
        }
    }
}
