//! JSON out of what models write: clean the text, find every document in it, repair what is nearly one (each repair recorded), and
//! hold it against a schema.

mod extract;
mod repair;
mod validate;

pub use extract::{Extracted, Found, clean, extract};
pub use repair::{Repair, repair};
pub use validate::{Checker, Violation};

use serde_json::Value;

/// What an answer that should satisfy a schema came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Structured {
    /// The document that fits best; none: there is none in the text.
    pub value: Option<Value>,
    /// How it was read.
    pub proof: Proof,
    /// What of the schema it breaks; empty when all is well.
    pub violations: Vec<Violation>,
}

/// How a document was read from an answer, the surest way first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// The answer is the document.
    Exact,
    /// It stands among other words.
    Extracted,
    /// It was mended first.
    Repaired,
    /// There is none.
    None,
}

/// Reads an answer against a schema: of several documents the one that breaks the least of it, the earlier one first.
pub fn read_structured(text: &str, checker: &Checker) -> Structured {
    if let Ok(value) = serde_json::from_str::<Value>(text.trim()) {
        let violations = checker.check(&value);
        return Structured { value: Some(value), proof: Proof::Exact, violations };
    }
    // A document that breaks off may be mended for somebody who asks for that, but it is no answer.
    let broken_off = |found: &Found| found.repairs.iter().any(|repair| repair.what.starts_with("unclosed"));
    let found = extract(text).found.into_iter().filter(|found| !broken_off(found));
    let best = found.map(|found| (checker.check(&found.value), found));
    let best = best.min_by_key(|(violations, found)| (violations.len(), found.repairs.len()));
    match best {
        Some((violations, found)) => {
            let proof = if found.repairs.is_empty() { Proof::Extracted } else { Proof::Repaired };
            Structured { value: Some(found.value), proof, violations }
        }
        None => {
            let missing = Violation { pointer: String::new(), message: "the answer holds no JSON document".to_owned() };
            Structured { value: None, proof: Proof::None, violations: vec![missing] }
        }
    }
}
