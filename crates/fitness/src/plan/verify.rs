//! What a language model proposes is checked like a stranger's work: scored, repaired from the catalogue, and every difference told.

use serde::{Deserialize, Serialize};

use super::volume::{MAJOR, Volume, add, band, minutes_of};
use super::{Decision, Item, Plan, PlanDay, Wishes, session};
use crate::catalogue::{Exercise, Mechanic};
use crate::library::Library;

/// The strict schema of a proposal.
pub const PROPOSAL_SCHEMA: &str = r#"{"type":"object","additionalProperties":false,"required":["days"],"properties":{"wording":{"type":"string","maxLength":2000},"days":{"type":"array","minItems":1,"maxItems":13,"items":{"type":"object","additionalProperties":false,"required":["name","items"],"properties":{"name":{"type":"string","maxLength":60},"items":{"type":"array","minItems":1,"maxItems":12,"items":{"type":"object","additionalProperties":false,"required":["exercise","sets"],"properties":{"exercise":{"type":"string","maxLength":80},"sets":{"type":"integer","minimum":1,"maximum":8}}}}}}}}}"#;

/// A plan as a model proposes it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// Words about it.
    #[serde(default)]
    pub wording: Option<String>,
    /// Its days.
    pub days: Vec<ProposedDay>,
}

/// A day of a proposal.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProposedDay {
    /// Such as `Upper body`.
    pub name: String,
    /// What is done, in order.
    pub items: Vec<ProposedItem>,
}

/// An exercise of a proposal.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProposedItem {
    /// Slug, name or alias.
    pub exercise: String,
    /// Working sets.
    pub sets: u8,
}

/// What the verifier changed, and by which rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct Difference {
    /// Id of the rule.
    pub rule: String,
    /// What was changed, for people.
    pub text: String,
}

/// What became of a proposal.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The repaired plan.
    pub plan: Plan,
    /// From 0 to 1: the share of the major muscles within their band.
    pub score: f64,
}

/// Repairs a proposal against the plan that the builder made for the same wishes. None: too little of it is left, the builder's stands.
pub fn verify(proposal: &Proposal, built: &Plan, library: &Library) -> Option<Verdict> {
    let wishes = &built.wishes;
    let mut differences = Vec::new();
    let mut days = Vec::new();
    for (index, own) in built.days.iter().enumerate() {
        let Some(proposed) = proposal.days.get(index) else {
            differences.push(difference("cycle.spread", format!("day {} was missing and is the builder's", index + 1)));
            days.push(own.clone());
            continue;
        };
        days.push(repair_day(proposed, own, wishes, library, &mut differences));
    }
    if proposal.days.len() > built.days.len() {
        differences.push(difference("cycle.rest_day", format!("only the first {} days were taken", built.days.len())));
    }
    limit_volume(&mut days, wishes, library, &mut differences);
    let volume = volume_of(&days, library);
    let (low, high) = band(wishes.experience, wishes.cycle_days);
    let within = |volume: &Volume| {
        let fits = |muscle: &&crate::catalogue::Muscle| {
            let sets = volume.get(muscle).copied().unwrap_or(0.0);
            (low - 1e-9..=high + 1e-9).contains(&sets)
        };
        crate::units::float(MAJOR.iter().filter(fits).count()) / crate::units::float(MAJOR.len())
    };
    let score = within(&volume);
    // A proposal that trains clearly fewer muscles than the builder's plan is no gain.
    if days.iter().any(|day| day.items.is_empty()) || score + 0.2 < within(&built.volume) {
        return None;
    }
    let wording =
        proposal.wording.as_ref().map(|text| text.chars().filter(|c| !c.is_control() || *c == '\n').take(2000).collect());
    let decision = Decision {
        rule: "volume.band".to_owned(),
        subject: "plan".to_owned(),
        text: format!(
            "a proposal was repaired in {} places; {:.0} % of the muscles are in their band",
            differences.len(),
            score * 100.0
        ),
    };
    let shortfalls = built.shortfalls.iter().filter(|short| volume.get(&short.muscle).copied().unwrap_or(0.0) < low).cloned();
    let plan = Plan {
        shortfalls: shortfalls.collect(),
        days,
        volume,
        decisions: built.decisions.iter().filter(|old| !old.subject.contains('-')).cloned().chain([decision]).collect(),
        author: "model".to_owned(),
        differences,
        wording,
        ..built.clone()
    };
    Some(Verdict { plan, score })
}

fn difference(rule: &str, text: String) -> Difference {
    Difference { rule: rule.to_owned(), text }
}

fn fault(exercise: &Exercise, wishes: &Wishes) -> Option<&'static str> {
    if !exercise.fits(&wishes.equipment) {
        Some("selection.equipment")
    } else if !exercise.safe_with(&wishes.injuries) {
        Some("selection.injury")
    } else if exercise.level > wishes.experience.top_level() {
        Some("selection.level")
    } else {
        None
    }
}

fn repair_day(
    proposed: &ProposedDay,
    own: &PlanDay,
    wishes: &Wishes,
    library: &Library,
    differences: &mut Vec<Difference>,
) -> PlanDay {
    let mut items: Vec<Item> = Vec::new();
    for wanted in &proposed.items {
        let Some(exercise) = library.resolve(&wanted.exercise) else {
            let name: String = wanted.exercise.chars().filter(|c| !c.is_control()).take(60).collect();
            differences
                .push(difference("selection.pattern", format!("`{name}` is no exercise of the catalogue and was left out")));
            continue;
        };
        let mut chosen = std::sync::Arc::clone(exercise);
        if let Some(rule) = fault(exercise, wishes) {
            let stand_in = library.substitutes(exercise, |other| fault(other, wishes).is_none()).into_iter().next();
            let Some(other) = stand_in else {
                differences.push(difference(rule, format!("{} does not fit, and nothing can stand in for it", exercise.id)));
                continue;
            };
            differences.push(difference(rule, format!("{} became {}", exercise.id, other.id)));
            chosen = other;
        }
        if items.iter().any(|item| item.exercise == chosen.id) {
            continue;
        }
        let item = session::item(&chosen, wishes.goal, wishes.experience, "selection.pattern");
        items.push(Item { sets: wanted.sets.clamp(1, 5), ..item });
    }
    if items.is_empty() {
        differences
            .push(difference("selection.pattern", format!("nothing of `{}` was left; the builder's day stands", own.name)));
        return own.clone();
    }
    let name: String = proposed.name.chars().filter(|c| !c.is_control()).take(60).collect();
    let mut day = PlanDay { name: if name.trim().is_empty() { own.name.clone() } else { name }, items, ..own.clone() };
    fit_time(&mut day, wishes, library, differences);
    day
}

fn minutes(day: &PlanDay, library: &Library) -> f64 {
    minutes_of(&day.items, |slug| library.resolve(slug).map(|exercise| (exercise.rep_seconds, exercise.unilateral)))
}

fn fit_time(day: &mut PlanDay, wishes: &Wishes, library: &Library, differences: &mut Vec<Difference>) {
    let before: u32 = day.items.iter().map(|item| u32::from(item.sets)).sum();
    while minutes(day, library) > f64::from(wishes.minutes) && !day.items.is_empty() {
        let isolation = |item: &Item| library.resolve(&item.exercise).is_some_and(|own| own.mechanic == Mechanic::Isolation);
        let last = day.items.len() - 1;
        let place = day.items.iter().rposition(isolation).unwrap_or(last);
        less(day, place);
    }
    let after: u32 = day.items.iter().map(|item| u32::from(item.sets)).sum();
    if after < before {
        differences.push(difference("time.limit", format!("{}: {} sets fewer, to fit the time", day.name, before - after)));
    }
    day.minutes = crate::units::rounded(minutes(day, library), 1);
}

fn less(day: &mut PlanDay, place: usize) {
    match day.items.get_mut(place) {
        Some(item) if item.sets > 1 => item.sets -= 1,
        Some(_) => drop(day.items.remove(place)),
        None => {}
    }
}

fn volume_of(days: &[PlanDay], library: &Library) -> Volume {
    let mut volume = Volume::new();
    for item in days.iter().flat_map(|day| &day.items) {
        if let Some(exercise) = library.resolve(&item.exercise) {
            add(&mut volume, exercise, f64::from(item.sets));
        }
    }
    volume
}

/// No major muscle above its band: the exercise with the most sets for it loses them.
fn limit_volume(days: &mut [PlanDay], wishes: &Wishes, library: &Library, differences: &mut Vec<Difference>) {
    let (_, high) = band(wishes.experience, wishes.cycle_days);
    for _ in 0..300 {
        let volume = volume_of(days, library);
        let above = |muscle: &&crate::catalogue::Muscle| volume.get(muscle).copied().unwrap_or(0.0) > high + 1e-9;
        let Some(muscle) = MAJOR.iter().find(above) else { break };
        let mut places: Vec<(u8, usize, usize)> = Vec::new();
        for (day, plan_day) in days.iter().enumerate() {
            for (place, item) in plan_day.items.iter().enumerate() {
                if library.resolve(&item.exercise).is_some_and(|exercise| exercise.share(*muscle) > 0.0) {
                    places.push((item.sets, day, place));
                }
            }
        }
        let Some((_, day, place)) = places.into_iter().max() else { break };
        let Some(plan_day) = days.get_mut(day) else { break };
        less(plan_day, place);
        plan_day.minutes = crate::units::rounded(minutes(plan_day, library), 1);
        let text = format!("day {}: a set fewer, since {} was above its band", day + 1, muscle.as_str());
        differences.push(difference("volume.band", text));
    }
}
