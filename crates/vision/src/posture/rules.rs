use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::layout::View;
use super::measure::Measure;

const FILE: &str = include_str!("../../data/form_rules.json");

/// When of a repetition something is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// Where the counted joint is bent most.
    Bottom,
    /// Where it is straight.
    Top,
    /// The largest value of the repetition.
    Most,
    /// The smallest value of the repetition.
    Least,
    /// The growth over the first third of the way up, while the knees straighten by more than 20 degrees.
    EarlyRise,
    /// The median of everything that was sent: for holds.
    Whole,
}

/// A range; a missing end is open.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// At least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// At most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
}

impl Limits {
    fn hold(&self, value: f64) -> bool {
        self.min.is_none_or(|min| value >= min) && self.max.is_none_or(|max| value <= max)
    }
}

/// What backs the numbers of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Evidence {
    /// A rule book.
    Standard,
    /// A publication.
    Study,
    /// Nothing but a choice of this product; no medical fact.
    Default,
}

/// How a value stands to its rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "http", schema(as = PostureStatus))]
pub enum Status {
    /// As the rule wants it.
    Ok,
    /// Off, but hardly beyond what can be measured.
    Watch,
    /// Clearly off.
    Flag,
}

/// A form rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Stable name, such as `squat.depth`.
    pub id: String,
    /// From where it can be judged.
    pub view: View,
    /// What is measured.
    pub measure: Measure,
    /// When.
    pub at: Moment,
    /// Motions that it belongs to.
    pub exercises: Vec<String>,
    /// Good.
    pub ok: Limits,
    /// Off, but within what measuring may be wrong by. Beyond it is flagged.
    pub watch: Limits,
    /// What to tell the person.
    pub cue: String,
    /// What backs the numbers.
    pub source: String,
    /// How well.
    pub evidence: Evidence,
    /// How wrong a measured value may be, in its unit.
    pub error: f64,
}

impl Rule {
    /// How a value stands.
    pub fn judge(&self, value: f64) -> Status {
        if self.ok.hold(value) {
            Status::Ok
        } else if self.watch.hold(value) {
            Status::Watch
        } else {
            Status::Flag
        }
    }
}

/// What landmarks can never tell of some exercises.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Never {
    /// Stable name.
    pub id: String,
    /// Motions that it belongs to.
    pub exercises: Vec<String>,
    /// Why.
    pub reason: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rules: Vec<Rule>,
    never: Vec<Never>,
}

fn file() -> &'static File {
    static RULES: OnceLock<File> = OnceLock::new();
    // The file is part of the program and a test reads it.
    RULES.get_or_init(|| serde_json::from_str(FILE).unwrap_or_default())
}

/// Every form rule.
pub fn all() -> &'static [Rule] {
    &file().rules
}

/// What landmarks can never tell.
pub fn never() -> &'static [Never] {
    &file().never
}

/// The rules of a motion, whatever the view.
pub(crate) fn of(motion: &str) -> impl Iterator<Item = &'static Rule> {
    all().iter().filter(move |rule| rule.exercises.iter().any(|own| own == motion))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_file_is_read_whole_and_every_rule_says_what_backs_it() {
        let parsed: File = serde_json::from_str(FILE).unwrap();
        assert_eq!((parsed.rules.len(), parsed.never.len()), (all().len(), never().len()));
        let ids: BTreeSet<&str> = all().iter().map(|rule| rule.id.as_str()).collect();
        assert_eq!(ids.len(), all().len());
        for rule in all() {
            assert!(
                !rule.source.is_empty() && !rule.cue.is_empty() && !rule.exercises.is_empty() && rule.error > 0.0,
                "{}",
                rule.id
            );
            let wider = |ok: Option<f64>, watch: Option<f64>, sign: f64| match (ok, watch) {
                (Some(ok), Some(watch)) => (watch - ok) * sign >= 0.0,
                (ok, watch) => ok.is_some() == watch.is_some(),
            };
            assert!(wider(rule.ok.max, rule.watch.max, 1.0) && wider(rule.ok.min, rule.watch.min, -1.0), "{}", rule.id);
            assert!(rule.ok.min.is_some() || rule.ok.max.is_some(), "{}", rule.id);
        }
    }

    #[test]
    fn between_good_and_bad_there_is_what_measuring_can_not_tell() {
        let depth = all().iter().find(|rule| rule.id == "squat.depth").unwrap();
        assert_eq!([5.0, -3.0, -30.0].map(|value| depth.judge(value)), [Status::Ok, Status::Watch, Status::Flag]);
    }
}
