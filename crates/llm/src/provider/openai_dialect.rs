use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How a server that speaks OpenAI's chat completions wants a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaForm {
    /// `response_format: {type: json_schema}`.
    JsonSchema,
    /// `response_format: {type: json_object}`; the schema is told in words.
    JsonObject,
    /// Not at all; the schema is told in words.
    Words,
}

/// What differs between servers that speak OpenAI's chat completions. A server that is not in [`DIALECTS`] is asked as OpenAI is; what
/// it refuses by name is left out from then on.
#[derive(Debug, PartialEq, Eq)]
pub struct OpenAiDialect {
    /// The word of the settings.
    pub name: &'static str,
    /// The field with the most tokens of an answer.
    pub limit_field: &'static str,
    /// It takes `stream_options`, without which it may not report usage.
    pub stream_options: bool,
    /// How it wants a schema.
    pub schema: SchemaForm,
    /// Without a reasoning parser it leaves `<think>` in the text.
    pub inline_thinking: bool,
}

const fn dialect(name: &'static str, limit_field: &'static str, schema: SchemaForm) -> OpenAiDialect {
    OpenAiDialect { name, limit_field, stream_options: true, schema, inline_thinking: false }
}

/// The known servers, OpenAI's own first.
pub const DIALECTS: &[OpenAiDialect] = &[
    dialect("openai", "max_completion_tokens", SchemaForm::JsonSchema),
    dialect("azure", "max_completion_tokens", SchemaForm::JsonSchema),
    dialect("openrouter", "max_tokens", SchemaForm::JsonSchema),
    OpenAiDialect { inline_thinking: true, ..dialect("vllm", "max_tokens", SchemaForm::JsonSchema) },
    OpenAiDialect { inline_thinking: true, ..dialect("sglang", "max_tokens", SchemaForm::JsonSchema) },
    OpenAiDialect { inline_thinking: true, ..dialect("llama_cpp", "max_tokens", SchemaForm::JsonSchema) },
    OpenAiDialect { inline_thinking: true, ..dialect("lm_studio", "max_tokens", SchemaForm::JsonSchema) },
    OpenAiDialect { inline_thinking: true, ..dialect("mlx", "max_tokens", SchemaForm::Words) },
    dialect("groq", "max_completion_tokens", SchemaForm::JsonObject),
    dialect("deepseek", "max_tokens", SchemaForm::JsonObject),
    OpenAiDialect { stream_options: false, ..dialect("mistral", "max_tokens", SchemaForm::JsonSchema) },
    dialect("xai", "max_completion_tokens", SchemaForm::JsonSchema),
    dialect("together", "max_tokens", SchemaForm::JsonSchema),
    dialect("fireworks", "max_tokens", SchemaForm::JsonSchema),
];

impl OpenAiDialect {
    /// OpenAI's own.
    pub const OPENAI: &'static Self = match DIALECTS.first() {
        Some(first) => first,
        None => &dialect("openai", "max_completion_tokens", SchemaForm::JsonSchema),
    };

    /// From the word of the settings.
    pub fn named(name: &str) -> Option<&'static Self> {
        DIALECTS.iter().find(|dialect| dialect.name == name)
    }
}

impl Serialize for OpenAiDialect {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name)
    }
}

impl<'de> Deserialize<'de> for &'static OpenAiDialect {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let names = || DIALECTS.iter().map(|dialect| dialect.name).collect::<Vec<_>>().join(", ");
        OpenAiDialect::named(&name).ok_or_else(|| serde::de::Error::custom(format!("`{name}` is none of {}", names())))
    }
}

/// Takes `<think>...</think>` out of text that comes in pieces cut anywhere.
#[derive(Debug, Default)]
pub(super) struct ThinkFilter {
    held: String,
    inside: bool,
    /// Something was said: what comes later is no opening.
    began: bool,
}

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

impl ThinkFilter {
    /// The answer's and the thinking's share of a piece.
    pub(super) fn push(&mut self, piece: &str) -> (String, String) {
        self.held.push_str(piece);
        let (mut text, mut thinking) = (String::new(), String::new());
        loop {
            let marker = if self.inside { CLOSE } else { OPEN };
            if !self.inside && self.began {
                text.push_str(&std::mem::take(&mut self.held));
                return (text, thinking);
            }
            let target = if self.inside { &mut thinking } else { &mut text };
            if let Some(at) = self.held.find(marker).filter(|at| self.inside || self.held.get(..*at).is_some_and(blank)) {
                let rest = self.held.split_off(at + marker.len());
                self.held.truncate(at);
                target.push_str(&std::mem::replace(&mut self.held, rest));
                self.began = self.inside;
                self.inside = !self.inside;
                continue;
            }
            // A marker may be cut in two: what could be its beginning waits.
            let keep = (1..marker.len()).rev().find(|length| self.held.ends_with(marker.get(..*length).unwrap_or_default()));
            let only_blank =
                !self.inside && self.held.trim_start().len() < marker.len() && marker.starts_with(self.held.trim_start());
            let keep = if only_blank { self.held.len() } else { keep.unwrap_or(0) };
            let rest = self.held.split_off(self.held.len() - keep);
            if !self.inside && !blank(&self.held) {
                self.began = true;
            }
            target.push_str(&std::mem::replace(&mut self.held, rest));
            if self.began && !self.inside {
                continue;
            }
            return (text, thinking);
        }
    }

    /// What waited for more.
    pub(super) fn end(&mut self) -> (String, String) {
        let held = std::mem::take(&mut self.held);
        if self.inside { (String::new(), held) } else { (held, String::new()) }
    }
}

fn blank(text: &str) -> bool {
    text.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(pieces: &[&str]) -> (String, String) {
        let mut filter = ThinkFilter::default();
        let mut whole = (String::new(), String::new());
        let shares: Vec<(String, String)> = pieces.iter().map(|piece| filter.push(piece)).collect();
        for (text, thinking) in shares.into_iter().chain([filter.end()]) {
            whole.0.push_str(&text);
            whole.1.push_str(&thinking);
        }
        whole
    }

    #[test]
    fn thinking_at_the_beginning_is_taken_out_wherever_the_pieces_are_cut() {
        let body = " <think>hm < /x</think>Hello <think>";
        let expected = (" Hello <think>".to_owned(), "hm < /x".to_owned());
        for cut in 0..=body.len() {
            let (one, two) = body.split_at(cut);
            assert_eq!(filter(&[one, two]), expected, "cut at {cut}");
        }
        let letters: Vec<String> = body.chars().map(String::from).collect();
        assert_eq!(filter(&letters.iter().map(String::as_str).collect::<Vec<_>>()), expected);
    }

    #[test]
    fn a_text_without_thinking_stays_as_it_is() {
        for text in ["", "Hello", "<thin", "a <think>b</think>", "<", "  "] {
            assert_eq!(filter(&[text]), (text.to_owned(), String::new()), "{text}");
        }
        assert_eq!(filter(&["<think>never closed"]), (String::new(), "never closed".to_owned()));
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<&str> = DIALECTS.iter().map(|dialect| dialect.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), DIALECTS.len());
    }
}
