//! What a model said, taken for what it is: strange text. Only words of the lists and numbers within their ranges get through.

use core_kernel::ProblemCode;
use serde::Deserialize;
use serde_json::Value;

use super::question::{FEATURES, ISSUES};
use super::report::Feature;
use crate::codes;

/// The most characters of an answer.
const MAX_ANSWER: usize = 4000;

/// Why photos are not analysed.
pub(crate) type Refusal = &'static ProblemCode;

/// A physique, cleaned.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PhysiqueSaid {
    /// Low and high in percent.
    pub(crate) body_fat: Option<(f64, f64)>,
    pub(crate) features: Vec<Feature>,
    pub(crate) issues: Vec<String>,
    /// What of the answer was dropped, for people.
    pub(crate) dropped: Vec<String>,
}

/// A general answer, cleaned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GeneralSaid(pub(crate) String);

#[derive(Deserialize)]
struct Who {
    people_count: i64,
    apparent_minor: bool,
    nudity: bool,
}

#[derive(Deserialize)]
struct Physique {
    #[serde(flatten)]
    who: Who,
    whole_body_visible: bool,
    #[serde(default)]
    photo_issues: Vec<String>,
    body_fat: Option<Range>,
    #[serde(default)]
    features: Vec<Feature>,
}

#[derive(Deserialize)]
struct Range {
    low: f64,
    high: f64,
}

#[derive(Deserialize)]
struct General {
    #[serde(flatten)]
    who: Who,
    medical_question: bool,
    answer: String,
}

impl Who {
    fn refusal(&self) -> Option<Refusal> {
        if self.apparent_minor {
            Some(&codes::MINOR)
        } else if self.nudity {
            Some(&codes::NUDITY)
        } else {
            None
        }
    }
}

/// Reads what was said of a physique. None: it can't be read.
pub(crate) fn physique_said(document: &Value) -> Option<Result<PhysiqueSaid, Refusal>> {
    let said = Physique::deserialize(document).ok()?;
    let refusal = said.who.refusal().or(match said.who.people_count {
        1 => None,
        count if count < 1 => Some(&codes::NO_PERSON),
        _ => Some(&codes::SEVERAL_PEOPLE),
    });
    if let Some(refusal) = refusal {
        return Some(Err(refusal));
    }
    let mut dropped = Vec::new();
    let range = said.body_fat.map(|Range { low, high }| (low, high));
    let body_fat = range.filter(|(low, high)| low >= &2.0 && high <= &65.0 && low < high);
    if range.is_some() && body_fat.is_none() {
        dropped.push("The model's range of body fat was impossible and was left out.".to_owned());
    }
    let known = |feature: &Feature| {
        let values = FEATURES.iter().find(|(name, _)| *name == feature.name).map(|(_, values)| *values);
        values.is_some_and(|values| values.contains(&feature.value.as_str()))
    };
    let count = said.features.len();
    let mut features: Vec<Feature> = said.features.into_iter().filter(known).collect();
    if features.len() < count {
        dropped.push("The model used words that are not on the list; they were left out.".to_owned());
    }
    let mut names = std::collections::BTreeSet::new();
    features.retain(|feature| names.insert(feature.name.clone()));
    let mut issues: Vec<String> = said.photo_issues.into_iter().filter(|issue| ISSUES.contains(&issue.as_str())).collect();
    issues.sort_unstable();
    issues.dedup();
    if !said.whole_body_visible {
        dropped.push("The body is not seen whole.".to_owned());
    }
    Some(Ok(PhysiqueSaid { body_fat, features, issues, dropped }))
}

/// Reads a general answer. None: it can't be read.
pub(crate) fn general_said(document: &Value) -> Option<Result<GeneralSaid, Refusal>> {
    let said = General::deserialize(document).ok()?;
    let medical: Option<Refusal> = said.medical_question.then_some(&codes::MEDICAL);
    if let Some(refusal) = said.who.refusal().or(medical) {
        return Some(Err(refusal));
    }
    let keep = |letter: &char| !letter.is_control() || *letter == '\n';
    let answer: String = said.answer.chars().filter(keep).take(MAX_ANSWER).collect();
    let answer = answer.trim().to_owned();
    (!answer.is_empty()).then_some(Ok(GeneralSaid(answer)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        json!({
            "people_count": 1, "apparent_minor": false, "nudity": false, "whole_body_visible": true, "photo_issues": ["flexed", "haunted"],
            "body_fat": {"low": 14, "high": 19},
            "features": [{"name": "muscularity", "value": "moderate"}, {"name": "soul", "value": "high"}, {"name": "vascularity", "value": "even"}],
        })
    }

    fn with(name: &str, value: Value) -> Value {
        let mut changed = document();
        changed[name] = value;
        changed
    }

    #[test]
    fn only_words_of_the_lists_and_possible_numbers_get_through() {
        let said = physique_said(&document()).unwrap().unwrap();
        assert_eq!(said.body_fat, Some((14.0, 19.0)));
        assert_eq!(said.features, [Feature { name: "muscularity".to_owned(), value: "moderate".to_owned() }]);
        assert_eq!((said.issues, said.dropped.len()), (vec!["flexed".to_owned()], 1));
        for range in [json!({"low": 30, "high": 20}), json!({"low": 1, "high": 20}), json!({"low": 20, "high": 90})] {
            let said = physique_said(&with("body_fat", range)).unwrap().unwrap();
            assert_eq!((said.body_fat, said.dropped.len()), (None, 2));
        }
        assert!(physique_said(&json!({"body_fat": 12})).is_none());
        assert!(physique_said(&with("body_fat", json!("lean"))).is_none());
    }

    #[test]
    fn who_must_not_be_looked_at_is_refused() {
        let cases = [
            ("apparent_minor", json!(true), &codes::MINOR),
            ("nudity", json!(true), &codes::NUDITY),
            ("people_count", json!(0), &codes::NO_PERSON),
            ("people_count", json!(3), &codes::SEVERAL_PEOPLE),
        ];
        for (name, value, code) in cases {
            assert_eq!(physique_said(&with(name, value)).unwrap().unwrap_err(), code);
        }
        let general = |medical: bool, answer: &str| {
            let document = json!({"people_count": 2, "apparent_minor": false, "nudity": false, "medical_question": medical, "answer": answer});
            general_said(&document)
        };
        assert_eq!(general(true, "").unwrap().unwrap_err(), &codes::MEDICAL);
        assert_eq!(general(false, " A rack.\u{0}\n").unwrap().unwrap(), GeneralSaid("A rack.".to_owned()));
        assert!(general(false, " ").is_none());
    }

    proptest::proptest! {
        #[test]
        fn no_answer_breaks_the_reader(text in "[\\[\\]{}\",:a-z0-9_ .-]{0,200}") {
            if let Ok(document) = serde_json::from_str::<Value>(&text) {
                drop(physique_said(&document));
                drop(general_said(&document));
            }
        }
    }
}
