use serde_json::Value;

use super::repair::{Repair, repair};

/// The most documents that are taken out of one text.
const MAX_FOUND: usize = 256;
/// The most places that are tried.
const MAX_TRIES: usize = 2_000;
/// The most bytes that are looked at, so that many openings in a long text stay cheap.
const MAX_WORK: usize = 32 * 1024 * 1024;

/// A document in a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The document.
    pub value: Value,
    /// Where it stands in the text: bytes from and to.
    pub span: (usize, usize),
    /// What was mended.
    pub repairs: Vec<Repair>,
}

/// What a text holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Extracted {
    /// The text without marks of order, thinking and code fences.
    pub cleaned: String,
    /// Its objects and arrays in order, those inside of others left out.
    pub found: Vec<Found>,
}

/// The text without a byte-order mark, invisible letters, `<think>` blocks and the marks of code fences.
pub fn clean(text: &str) -> String {
    let mut rest = text;
    let mut kept = String::with_capacity(text.len());
    while let Some(at) = rest.find("<think>") {
        kept.push_str(rest.get(..at).unwrap_or_default());
        let inside = rest.get(at..).unwrap_or_default();
        rest = inside.find("</think>").and_then(|end| inside.get(end + "</think>".len()..)).unwrap_or_default();
    }
    kept.push_str(rest);
    let invisible = |letter: char| matches!(letter, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}');
    let lines = kept.lines().filter_map(without_fence);
    let cleaned: Vec<String> = lines.map(|line| line.replace(invisible, "").trim_end().to_owned()).collect();
    cleaned.join("\n").trim().to_owned()
}

/// A line without the mark of a fence at its beginning or end, its language included; none when nothing else is on it.
fn without_fence(line: &str) -> Option<&str> {
    let is_language = |text: &str| text.trim().chars().all(|letter| letter.is_ascii_alphanumeric() || "+-#_.".contains(letter));
    let text = match line.trim_start().strip_prefix("```").map(|rest| rest.trim_start_matches('`')) {
        Some(rest) if is_language(rest) => return None,
        Some(rest) => rest.trim_start(),
        None => line,
    };
    match text.rsplit_once("```") {
        Some((before, behind)) if is_language(behind) => Some(before.trim_end_matches('`')),
        _ => Some(text),
    }
}

/// Every object and array of a text with its place. What is no JSON as it stands is mended where that is safe.
pub fn extract(text: &str) -> Extracted {
    let mut found: Vec<Found> = Vec::new();
    let (mut at, mut tries, mut work) = (0_usize, 0_usize, 0_usize);
    while let Some(start) = text.get(at..).and_then(|rest| rest.find(['{', '['])).map(|offset| at + offset) {
        tries += 1;
        if found.len() >= MAX_FOUND || tries > MAX_TRIES || work > MAX_WORK {
            break;
        }
        let rest = text.get(start..).unwrap_or_default();
        work += rest.len();
        match strictly(rest).or_else(|| mended(rest)) {
            Some((value, length, repairs)) => {
                found.push(Found { value, span: (start, start + length), repairs });
                at = start + length.max(1);
            }
            None => at = start + 1,
        }
    }
    Extracted { cleaned: clean(text), found }
}

type Read = (Value, usize, Vec<Repair>);

fn strictly(rest: &str) -> Option<Read> {
    let mut documents = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
    let value = documents.next()?.ok()?;
    Some((value, documents.byte_offset(), Vec::new()))
}

/// A document that needs mending. An object without a field, or a list of words between brackets, was prose.
fn mended(rest: &str) -> Option<Read> {
    let (value, length, repairs) = repair(rest)?;
    let says = match &value {
        Value::Object(fields) => !fields.is_empty(),
        Value::Array(items) => !items.is_empty() && items.iter().all(|item| !item.is_string() || rest.contains('"')),
        _ => false,
    };
    says.then_some((value, length, repairs))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn values(text: &str) -> Vec<Value> {
        extract(text).found.into_iter().map(|found| found.value).collect()
    }

    #[test]
    fn every_document_is_found_with_its_place() {
        let text = "Sure! {\"a\": \"}{\"} and then\n```json\n[1, {\"b\": null}]\n```\nDone.";
        let found = extract(text).found;
        assert_eq!(
            found.iter().map(|found| found.value.clone()).collect::<Vec<_>>(),
            [json!({ "a": "}{" }), json!([1, { "b": null }])]
        );
        for found in &found {
            assert_eq!(serde_json::from_str::<Value>(text.get(found.span.0..found.span.1).unwrap()).unwrap(), found.value);
        }
        assert!(values("No JSON here: f(x) {see above}.").is_empty());
    }

    #[test]
    fn what_is_nearly_json_is_mended_and_each_repair_is_told() {
        let found = extract("{name: 'Ada', \"tags\": [\"x\",], // note\n \"ok\": True, \"none\": None}").found;
        assert_eq!(found[0].value, json!({ "name": "Ada", "tags": ["x"], "ok": true, "none": null }));
        assert!(found[0].repairs.len() >= 4, "{:?}", found[0].repairs);
        let cut = extract("{\"name\": \"Ada\", \"notes\": [\"one\", \"tw").found;
        assert_eq!(cut[0].value, json!({ "name": "Ada", "notes": ["one", "tw"] }));
    }

    #[test]
    fn marks_around_the_answer_are_taken_off() {
        assert_eq!(clean("\u{feff}<think>{\"no\":1}</think>\n```json\n{\"a\":\u{200b}1}\n```\n"), "{\"a\":1}");
        assert_eq!(clean("plain"), "plain");
        assert_eq!(clean("Here: ```json\n{\"a\": 1}\n``` and more"), "Here:\n{\"a\": 1}\nand more");
        assert_eq!(clean("{\"a\": 1}```"), "{\"a\": 1}");
        assert_eq!(clean("````c++\nx `y`\n````"), "x `y`");
        assert_eq!(clean("before <think>never closed"), "before");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_a_panic_and_places_are_in_order(text in "[\\[\\]{}\",:'a1 \\\\/\n-]{0,200}") {
            let mut end = 0;
            for found in extract(&text).found {
                proptest::prop_assert!(found.span.0 >= end && found.span.1 > found.span.0 && found.span.1 <= text.len());
                proptest::prop_assert!(text.is_char_boundary(found.span.0) && text.is_char_boundary(found.span.1));
                end = found.span.1;
            }
        }

        #[test]
        fn a_document_among_words_is_found_as_it_is(numbers in proptest::collection::vec(-1000_i64..1000, 1..20), word in "[a-z ]{0,30}") {
            let value = json!({ "numbers": numbers, "word": word });
            let text = format!("{word} {value} {word}");
            proptest::prop_assert_eq!(values(&text), [value]);
        }
    }
}
