//! Form rules over the repetitions of a take.

use std::collections::HashMap;

use serde::Serialize;

use super::geometry::{median, rounded};
use super::measure::Measure;
use super::reps::Span;
use super::rules::{Evidence, Moment, Rule, Status};
use super::scene::Scene;
use super::smoothing::median_of_three;
use super::{NotAssessed, rules};

/// What a rule found.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "http", schema(as = PostureFinding))]
pub struct Finding {
    /// The rule's id.
    pub rule: &'static str,
    /// The worst of the repetitions.
    pub status: Status,
    /// The median of the repetitions.
    pub value: f64,
    /// The value that decided the status.
    pub worst: f64,
    /// Of the values.
    pub unit: &'static str,
    /// How wrong they may be.
    pub error: f64,
    /// Numbers of the repetitions that were flagged, from 1.
    pub flagged: Vec<usize>,
    /// What to tell the person; null where all is well.
    pub cue: Option<&'static str>,
    /// What backs the rule.
    pub source: &'static str,
    /// How well.
    pub evidence: Evidence,
}

/// Series of measures, each computed once.
struct Measured<'a> {
    scene: &'a Scene,
    known: HashMap<Measure, Vec<Option<f64>>>,
}

impl Measured<'_> {
    fn series(&mut self, measure: Measure) -> &[Option<f64>] {
        let scene = self.scene;
        self.known.entry(measure).or_insert_with(|| {
            let raw: Vec<Option<f64>> = scene.bodies.iter().map(|body| measure.of(body, scene)).collect();
            median_of_three(&scene.times, &raw)
        })
    }

    /// The value of a rule in one repetition, or in everything.
    fn value(&mut self, rule: &Rule, span: Option<Span>) -> Option<f64> {
        let whole = Span { from: 0, bottom: 0, to: usize::MAX, top: usize::MAX };
        let span = match rule.at {
            Moment::Whole => whole,
            _ => span?,
        };
        if rule.at == Moment::EarlyRise {
            return self.early_growth(rule.measure, span);
        }
        let series = self.series(rule.measure);
        let within = |from: usize, to: usize| {
            let length = to.saturating_sub(from).saturating_add(1);
            series.iter().skip(from).take(length).filter_map(|value| *value)
        };
        match rule.at {
            // One frame alone may be noise.
            Moment::Bottom => median(within(span.bottom.saturating_sub(1), span.bottom + 1)),
            Moment::Top => median(within(span.top.saturating_sub(1), span.top.saturating_add(1))),
            Moment::Most => within(span.from, span.top).max_by(f64::total_cmp),
            Moment::Least => within(span.from, span.top).min_by(f64::total_cmp),
            Moment::EarlyRise | Moment::Whole => median(within(0, usize::MAX - 1)),
        }
    }

    /// How much it grows in the first third of the way up; 0 where the knees do not straighten meanwhile.
    fn early_growth(&mut self, measure: Measure, span: Span) -> Option<f64> {
        let third = span.bottom + (span.to - span.bottom).div_ceil(3);
        let growth = |series: &[Option<f64>]| Some(series.get(third).copied()?? - series.get(span.bottom).copied()??);
        let knees = growth(self.series(Measure::Knee))?;
        let grown = growth(self.series(measure))?;
        Some(if knees > STRAIGHTENS { grown } else { 0.0 })
    }
}

/// The least change of the knees that counts as straightening, in degrees.
const STRAIGHTENS: f64 = 20.0;

/// Judges every rule of a motion; those that can't be judged say why.
pub(crate) fn judge(scene: &Scene, motion: &str, reps: &[Span], not_assessed: &mut Vec<NotAssessed>) -> Vec<Finding> {
    let mut measured = Measured { scene, known: HashMap::new() };
    let mut findings = Vec::new();
    for rule in rules::of(motion) {
        if rule.view != scene.view {
            let reason = format!("It is judged from the {}.", rule.view.as_str());
            not_assessed.push(NotAssessed { id: rule.id.clone(), reason });
            continue;
        }
        let values: Vec<Option<f64>> = if rule.at == Moment::Whole {
            vec![measured.value(rule, None)]
        } else {
            reps.iter().map(|span| measured.value(rule, Some(*span))).collect()
        };
        match finding(rule, &values) {
            Some(finding) => findings.push(finding),
            None => not_assessed.push(NotAssessed { id: rule.id.clone(), reason: missing(rule, reps).to_owned() }),
        }
    }
    let of_form = |never: &&rules::Never| !never.id.ends_with(".reps") && never.exercises.iter().any(|own| own == motion);
    for never in rules::never().iter().filter(of_form) {
        not_assessed.push(NotAssessed { id: never.id.clone(), reason: never.reason.clone() });
    }
    findings
}

fn missing(rule: &Rule, reps: &[Span]) -> &'static str {
    if reps.is_empty() && rule.at != Moment::Whole {
        "No whole repetition was seen."
    } else {
        "A landmark that it needs is hidden, missing or too close to the camera's axis."
    }
}

fn finding(rule: &'static Rule, values: &[Option<f64>]) -> Option<Finding> {
    let judged: Vec<(usize, f64, Status)> =
        values.iter().zip(1..).filter_map(|(value, number)| value.map(|value| (number, value, rule.judge(value)))).collect();
    let middle = median(judged.iter().map(|(_, value, _)| *value))?;
    let far = |value: f64| (value - middle).abs();
    let (_, worst, status) =
        *judged.iter().max_by(|(_, a, first), (_, b, second)| first.cmp(second).then(far(*a).total_cmp(&far(*b))))?;
    let flagged = judged.iter().filter(|(_, _, status)| *status == Status::Flag).map(|(number, ..)| *number).collect();
    let decimals = if rule.measure.unit() == "degrees" { 1 } else { 3 };
    Some(Finding {
        rule: &rule.id,
        status,
        value: rounded(middle, decimals),
        worst: rounded(worst, decimals),
        unit: rule.measure.unit(),
        error: rule.error,
        flagged: if rule.at == Moment::Whole { Vec::new() } else { flagged },
        cue: (status != Status::Ok).then_some(rule.cue.as_str()),
        source: &rule.source,
        evidence: rule.evidence,
    })
}
