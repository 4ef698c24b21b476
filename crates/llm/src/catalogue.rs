use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::chat::{Parameter, Usage};

/// What is known of a model: what it costs, what it takes, what it refuses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelFacts {
    /// The most tokens of input and output together.
    pub window: Option<u64>,
    /// Millionths of a US dollar for a million tokens of input.
    pub input: Option<u64>,
    /// The same for input read from a cache; absent: as `input`.
    pub cached: Option<u64>,
    /// The same for input written to a cache; absent: as `input`.
    pub cache_write: Option<u64>,
    /// The same for output.
    pub output: Option<u64>,
    /// Parameters that it refuses: `temperature`, `max_output_tokens`, `schema`.
    pub refuses: Vec<String>,
    /// What it does instead of chat, such as `embeddings`.
    pub can: Vec<String>,
}

#[derive(Deserialize)]
struct File {
    as_of: String,
    models: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    kind: String,
    prefix: String,
    #[serde(flatten)]
    facts: ModelFactsRow,
}

/// [`ModelFacts`] without its refusal of unknown fields, which can't be flattened.
#[derive(Deserialize, Default)]
#[serde(default)]
struct ModelFactsRow {
    window: Option<u64>,
    input: Option<u64>,
    cached: Option<u64>,
    cache_write: Option<u64>,
    output: Option<u64>,
    refuses: Vec<String>,
    can: Vec<String>,
}

impl From<&ModelFactsRow> for ModelFacts {
    fn from(row: &ModelFactsRow) -> Self {
        Self {
            window: row.window,
            input: row.input,
            cached: row.cached,
            cache_write: row.cache_write,
            output: row.output,
            refuses: row.refuses.clone(),
            can: row.can.clone(),
        }
    }
}

/// The built-in table (`data/models.json`); a test reads it, so a broken one is never released.
fn table() -> &'static File {
    static TABLE: OnceLock<File> = OnceLock::new();
    TABLE.get_or_init(|| {
        let empty = |_error| File { as_of: String::new(), models: Vec::new() };
        serde_json::from_str(include_str!("../data/models.json")).unwrap_or_else(empty)
    })
}

/// What a generation costs and by which row of the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// In millionths of a US dollar, rounded up.
    pub micros: i64,
    /// The row, such as `openai/gpt-5-mini@2025-12`; none: no price is known, and `micros` is 0.
    pub row: Option<String>,
}

/// The table of models with the settings over it.
#[derive(Clone, Debug, Default)]
pub struct Prices {
    own: BTreeMap<String, ModelFacts>,
}

impl Prices {
    /// `own` by `provider/model`; it replaces the built-in row field by field.
    pub fn new(own: BTreeMap<String, ModelFacts>) -> Self {
        Self { own }
    }

    fn row(kind: &str, model: &str) -> Option<&'static Row> {
        // Both of OpenAI's protocols have the same models.
        let kind = if kind == "openai_responses" { "openai" } else { kind };
        let model = model.strip_prefix("models/").unwrap_or(model);
        let fits = |row: &&Row| row.kind == kind && model.starts_with(&row.prefix);
        table().models.iter().filter(fits).max_by_key(|row| row.prefix.len())
    }

    /// What is known of a model at a provider of that kind.
    pub fn facts(&self, provider: &str, kind: &str, model: &str) -> ModelFacts {
        let mut facts = Self::row(kind, model).map(|row| ModelFacts::from(&row.facts)).unwrap_or_default();
        if let Some(own) = self.own.get(&format!("{provider}/{model}")) {
            facts.window = own.window.or(facts.window);
            facts.input = own.input.or(facts.input);
            facts.cached = own.cached.or(facts.cached);
            facts.cache_write = own.cache_write.or(facts.cache_write);
            facts.output = own.output.or(facts.output);
            facts.refuses.extend(own.refuses.iter().cloned());
            facts.can.extend(own.can.iter().cloned());
        }
        facts
    }

    /// What a usage costs.
    pub fn cost(&self, provider: &str, kind: &str, model: &str, usage: &Usage) -> Cost {
        let facts = self.facts(provider, kind, model);
        let (Some(input), Some(output)) = (facts.input, facts.output) else { return Cost::default() };
        let special = usage.input_cached.saturating_add(usage.input_cache_write);
        let parts = [
            (usage.input.saturating_sub(special), input),
            (usage.input_cached, facts.cached.unwrap_or(input)),
            (usage.input_cache_write, facts.cache_write.unwrap_or(input)),
            (usage.output, output),
        ];
        let total: u128 = parts.into_iter().map(|(tokens, price)| u128::from(tokens) * u128::from(price)).sum();
        let micros = i64::try_from(total.div_ceil(1_000_000)).unwrap_or(i64::MAX);
        let own = self.own.contains_key(&format!("{provider}/{model}"));
        let since = if own { "settings" } else { table().as_of.as_str() };
        Cost { micros, row: Some(format!("{provider}/{model}@{since}")) }
    }

    /// Parameters that the model is known to refuse.
    pub(crate) fn refusals(&self, provider: &str, kind: &str, model: &str) -> Vec<Parameter> {
        self.facts(provider, kind, model).refuses.iter().filter_map(|name| Parameter::parse(name)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_and_the_longest_prefix_counts() {
        assert!(table().models.len() > 20 && !table().as_of.is_empty());
        let prices = Prices::default();
        assert_eq!(prices.facts("p", "openai", "gpt-5-mini-2025-08-07").input, Some(250_000));
        assert_eq!(prices.facts("p", "openai_responses", "gpt-5").input, Some(1_250_000));
        assert_eq!(prices.facts("p", "gemini", "models/gemini-2.5-flash").output, Some(2_500_000));
        assert_eq!(prices.facts("p", "openai", "my-own-model"), ModelFacts::default());
        assert_eq!(prices.refusals("p", "anthropic", "claude-sonnet-5-1"), [Parameter::Temperature]);
    }

    #[test]
    fn each_kind_of_token_has_its_price_and_the_sum_is_rounded_up() {
        let usage = Usage { input: 1_000, input_cached: 400, output: 10, ..Usage::default() };
        let cost = Prices::default().cost("openai", "openai", "gpt-5-mini", &usage);
        // 600 * 0.25 + 400 * 0.025 + 10 * 2 = 150 + 10 + 20
        assert_eq!((cost.micros, cost.row.as_deref()), (180, Some("openai/gpt-5-mini@2025-12")));
        let one = Usage { input: 1, ..Usage::default() };
        assert_eq!(Prices::default().cost("openai", "openai", "gpt-5-mini", &one).micros, 1);
        assert_eq!(Prices::default().cost("x", "openai", "unknown", &usage), Cost::default());
    }

    #[test]
    fn the_settings_win_over_the_table() {
        let own = ModelFacts { input: Some(1_000_000), output: Some(0), ..ModelFacts::default() };
        let prices = Prices::new(BTreeMap::from([("mine/m".to_owned(), own)]));
        let usage = Usage { input: 7, output: 9, ..Usage::default() };
        let cost = prices.cost("mine", "openai", "m", &usage);
        assert_eq!((cost.micros, cost.row.as_deref()), (7, Some("mine/m@settings")));
    }
}
