use std::collections::HashMap;
use std::sync::OnceLock;

use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::chat::{ChatRequest, Part};

/// What must not reach a provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GuardConfig {
    /// Kinds of personal data that are sent as placeholders and put back into the answer: `email`, `phone`, `card`, `iban`.
    #[serde(deserialize_with = "core_kernel::comma_list")]
    pub redact: Vec<String>,
    /// Words and phrases, in any case, for which a request is refused.
    #[serde(deserialize_with = "core_kernel::comma_list")]
    pub deny: Vec<String>,
}

/// The kinds and what they look like.
const KINDS: [(&str, &str, &str); 4] = [
    ("email", "EMAIL", r"(?i)[a-z0-9._%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+"),
    ("iban", "IBAN", r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"),
    ("card", "CARD", r"\b\d(?:[ -]?\d){12,18}\b"),
    ("phone", "PHONE", r"\+\d(?:[ ()./-]{0,2}\d){7,14}"),
];

fn patterns() -> &'static [(&'static str, &'static str, Regex)] {
    static PATTERNS: OnceLock<Vec<(&str, &str, Regex)>> = OnceLock::new();
    PATTERNS.get_or_init(|| {
        let compiled = KINDS.iter().filter_map(|(kind, label, pattern)| Some((*kind, *label, Regex::new(pattern).ok()?)));
        compiled.collect()
    })
}

impl GuardConfig {
    /// What is wrong with the settings.
    pub(crate) fn faults(&self) -> Vec<(String, String)> {
        let unknown = self.redact.iter().find(|kind| !KINDS.iter().any(|(known, ..)| known == kind));
        let fault = |kind: &String| ("llm.guard.redact".to_owned(), format!("`{kind}` is none of email, phone, card, iban"));
        unknown.map(fault).into_iter().collect()
    }

    /// The phrase for which a request is refused.
    pub(crate) fn denied(&self, request: &ChatRequest) -> Option<&str> {
        if self.deny.is_empty() {
            return None;
        }
        let texts: Vec<String> = request.messages.iter().map(|message| message.joined_text().to_lowercase()).collect();
        let holds = |phrase: &&String| texts.iter().any(|text| text.contains(&phrase.to_lowercase()));
        self.deny.iter().find(holds).map(String::as_str)
    }
}

/// What was taken out of a request, to be put back into its answer.
#[derive(Debug, Default)]
pub(crate) struct Redaction {
    /// Placeholder and what it stands for.
    originals: Vec<(String, String)>,
    held: String,
}

impl Redaction {
    /// Takes personal data out of every text of a request. The same value has the same placeholder, so that the model can tell them apart.
    pub(crate) fn of(config: &GuardConfig, request: &mut ChatRequest) -> Self {
        let mut redaction = Self::default();
        if config.redact.is_empty() {
            return redaction;
        }
        let mut known: HashMap<String, String> = HashMap::new();
        for part in request.messages.iter_mut().flat_map(|message| &mut message.parts) {
            let Part::Text { text } = part else { continue };
            for (kind, label, pattern) in patterns().iter().filter(|(kind, ..)| config.redact.iter().any(|wanted| wanted == kind))
            {
                let sound = |found: &str| *kind != "card" || luhn(found);
                let replaced = pattern.replace_all(text, |captures: &regex::Captures<'_>| {
                    let found = captures.get(0).map_or("", |found| found.as_str());
                    if !sound(found) {
                        return found.to_owned();
                    }
                    let next = format!("[{label}_{}]", known.len() + 1);
                    known.entry(found.to_owned()).or_insert(next).clone()
                });
                let replaced = replaced.into_owned();
                *text = replaced;
            }
        }
        redaction.originals = known.into_iter().map(|(original, placeholder)| (placeholder, original)).collect();
        redaction
    }

    /// True when nothing was taken out.
    pub(crate) fn is_empty(&self) -> bool {
        self.originals.is_empty()
    }

    /// A piece of the answer with the originals back in place. What may be the beginning of a placeholder waits for the next piece.
    pub(crate) fn push(&mut self, piece: &str) -> String {
        self.held.push_str(piece);
        let keep = self.held.rfind('[').filter(|at| {
            let tail = self.held.get(*at..).unwrap_or_default();
            self.originals.iter().any(|(placeholder, _)| placeholder.len() > tail.len() && placeholder.starts_with(tail))
        });
        let rest = keep.map(|at| self.held.split_off(at)).unwrap_or_default();
        let ready = std::mem::replace(&mut self.held, rest);
        self.restored(&ready)
    }

    /// What waited.
    pub(crate) fn end(&mut self) -> String {
        let held = std::mem::take(&mut self.held);
        self.restored(&held)
    }

    /// The originals in every text of a document.
    pub(crate) fn restored_json(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.restored(&text)),
            Value::Array(items) => items.into_iter().map(|item| self.restored_json(item)).collect(),
            Value::Object(fields) => fields.into_iter().map(|(key, value)| (key, self.restored_json(value))).collect(),
            plain => plain,
        }
    }

    fn restored(&self, text: &str) -> String {
        self.originals.iter().fold(text.to_owned(), |text, (placeholder, original)| text.replace(placeholder, original))
    }
}

/// The check digit of card numbers (ISO/IEC 7812-1, annex B).
fn luhn(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|letter| letter.to_digit(10)).collect();
    let doubled = |(place, digit): (usize, &u32)| {
        let value = if place % 2 == 1 { digit * 2 } else { *digit };
        if value > 9 { value - 9 } else { value }
    };
    digits.iter().rev().enumerate().map(doubled).sum::<u32>() % 10 == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Message, Role};

    fn config() -> GuardConfig {
        GuardConfig { redact: KINDS.iter().map(|(kind, ..)| (*kind).to_owned()).collect(), deny: vec!["Project X".into()] }
    }

    fn request(text: &str) -> ChatRequest {
        ChatRequest { messages: vec![Message::text(Role::User, text)], ..ChatRequest::default() }
    }

    #[test]
    fn personal_data_is_sent_as_placeholders_and_comes_back_wherever_the_answer_is_cut() {
        let mut asked = request(
            "Write to ada@example.com or +49 170 1234567; card 4111 1111 1111 1111, not 1234 5678 9012 3456; ada@example.com",
        );
        let redaction = Redaction::of(&config(), &mut asked);
        let sent = asked.messages[0].joined_text();
        for secret in ["ada@", "170", "4111"] {
            assert!(!sent.contains(secret), "{sent}");
        }
        assert!(sent.contains("1234 5678 9012 3456"), "no card number: {sent}");
        assert_eq!(sent.matches("[EMAIL_1]").count(), 2);
        let originals = redaction.originals.clone();
        let answer = "Dear [EMAIL_1], [not] [EMAIL_9] [";
        for cut in 0..=answer.len() {
            let mut redaction = Redaction { originals: originals.clone(), held: String::new() };
            let (one, two) = answer.split_at(cut);
            let whole = format!("{}{}{}", redaction.push(one), redaction.push(two), redaction.end());
            assert_eq!(whole, "Dear ada@example.com, [not] [EMAIL_9] [", "cut at {cut}");
        }
    }

    #[test]
    fn denied_phrases_are_found_in_any_case_and_unknown_kinds_named() {
        assert_eq!(config().denied(&request("about project x")), Some("Project X"));
        assert_eq!(config().denied(&request("about project y")), None);
        assert!(config().faults().is_empty());
        assert_eq!(GuardConfig { redact: vec!["shoe".into()], ..GuardConfig::default() }.faults().len(), 1);
    }
}
