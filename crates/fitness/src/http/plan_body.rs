use std::collections::BTreeMap;

use core_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::profile_body::{areas, equipment};
use crate::catalogue::{Area, Equipment, LANGUAGE, Muscle, SetMetric, own};
use crate::model::{Experience, Goal, StoredPlan};
use crate::plan::{Advice, Difference, Item, NextSession, Progression, Shortfall, Step, rule};
use crate::units::{Shown, UnitSystem};
use crate::{FitnessError, PlanAuthor, PlanRequest};

/// Who makes a plan.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum AuthorName {
    /// The rules alone.
    #[default]
    Builder,
    /// A language model, checked and repaired; where it fails, the rules.
    Model,
}

/// Wishes; what is left out comes from the profile.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreatePlan {
    name: Option<String>,
    goal: Option<Goal>,
    experience: Option<Experience>,
    /// Training days in a cycle.
    #[serde(default = "three")]
    #[schema(minimum = 1, maximum = 6)]
    days_per_week: u8,
    /// Days of a cycle; 7 is a week, others turn independently of it.
    #[serde(default = "seven")]
    #[schema(minimum = 3, maximum = 14)]
    cycle_days: u8,
    /// Minutes of a session.
    #[serde(default = "sixty")]
    #[schema(minimum = 15, maximum = 180)]
    minutes: u16,
    #[schema(example = json!(["dumbbell", "bench"]))]
    equipment: Option<Vec<String>>,
    injuries: Option<Vec<String>>,
    #[serde(default = "eight")]
    #[schema(minimum = 1, maximum = 52)]
    weeks: u8,
    /// Another number gives another choice among equals.
    #[serde(default)]
    seed: u32,
    #[serde(default)]
    author: AuthorName,
}

fn three() -> u8 {
    3
}

fn seven() -> u8 {
    7
}

fn sixty() -> u16 {
    60
}

fn eight() -> u8 {
    8
}

/// A name of 1 to 120 printable characters.
pub(super) fn name(pointer: &str, text: String) -> Result<String, FitnessError> {
    if crate::catalogue::is_line(&text, 120) {
        return Ok(text);
    }
    Err(FitnessError::field(pointer, "invalid_name", "1 to 120 printable characters"))
}

impl CreatePlan {
    pub(super) fn request(self) -> Result<PlanRequest, FitnessError> {
        Ok(PlanRequest {
            name: self.name.map(|text| name("/name", text)).transpose()?,
            goal: self.goal,
            experience: self.experience,
            days: self.days_per_week,
            cycle_days: self.cycle_days,
            minutes: self.minutes,
            equipment: self.equipment.map(|words| equipment("/equipment", &words)).transpose()?,
            injuries: self.injuries.map(|words| areas("/injuries", &words)).transpose()?,
            weeks: self.weeks,
            seed: u64::from(self.seed),
            author: match self.author {
                AuthorName::Builder => PlanAuthor::Builder,
                AuthorName::Model => PlanAuthor::Model,
            },
        })
    }
}

/// An exercise of a day.
#[derive(Serialize, ToSchema)]
#[schema(as = PlanItem)]
struct ItemView {
    #[schema(example = "push-up")]
    exercise: String,
    name: String,
    /// Null where there is none.
    animation: Option<String>,
    sets: u8,
    metric: SetMetric,
    /// Repetitions, seconds or metres: from
    low: u16,
    /// and to.
    high: u16,
    /// Repetitions that stay in reserve.
    rir: u8,
    rest_seconds: u16,
    progression: Progression,
    /// Ids of the rules that shaped it.
    rules: Vec<String>,
}

fn named(slug: &str) -> (String, Option<String>) {
    let exercise = own().by_slug(slug);
    let name = exercise.map_or_else(|| slug.replace('-', " "), |exercise| exercise.name(LANGUAGE).to_owned());
    let moves = exercise.is_some_and(|exercise| exercise.motion.is_some());
    (name, moves.then(|| format!("/api/v1/fitness/exercises/{slug}/animation.gif")))
}

impl From<Item> for ItemView {
    fn from(item: Item) -> Self {
        let (name, animation) = named(&item.exercise);
        Self {
            exercise: item.exercise,
            name,
            animation,
            sets: item.sets,
            metric: item.metric,
            low: item.low,
            high: item.high,
            rir: item.rir,
            rest_seconds: item.rest,
            progression: item.progression,
            rules: item.rules,
        }
    }
}

/// A training day.
#[derive(Serialize, ToSchema)]
#[schema(as = PlanDay)]
struct DayView {
    /// From 0.
    index: usize,
    name: String,
    /// Day of the cycle, from 0.
    cycle_day: u8,
    /// Estimated, warm-up included.
    minutes: f64,
    items: Vec<ItemView>,
}

/// A plan.
#[derive(Serialize, ToSchema)]
#[schema(as = FitnessPlan)]
pub(super) struct PlanView {
    id: Uuid,
    name: String,
    archived: bool,
    goal: Goal,
    experience: Experience,
    days_per_week: u8,
    cycle_days: u8,
    minutes: u16,
    weeks: u8,
    equipment: Vec<Equipment>,
    injuries: Vec<Area>,
    /// Every how many cycles one is easy; 0: none.
    deload_every: u8,
    days: Vec<DayView>,
    /// Fractional sets of a cycle for each muscle.
    #[schema(value_type = Object)]
    volume: BTreeMap<Muscle, f64>,
    /// Muscles below their band, and why.
    shortfalls: Vec<Shortfall>,
    /// `builder` or `model`.
    author: String,
    /// What was repaired of a model's proposal, or why the builder's plan stands.
    differences: Vec<Difference>,
    /// A model's words.
    wording: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<StoredPlan> for PlanView {
    fn from(stored: StoredPlan) -> Self {
        let plan = stored.plan;
        let day = |(index, day): (usize, crate::plan::PlanDay)| DayView {
            index,
            name: day.name,
            cycle_day: day.offset,
            minutes: day.minutes,
            items: day.items.into_iter().map(ItemView::from).collect(),
        };
        Self {
            id: stored.id.get(),
            name: stored.name,
            archived: stored.archived,
            goal: plan.wishes.goal,
            experience: plan.wishes.experience,
            days_per_week: plan.wishes.days,
            cycle_days: plan.wishes.cycle_days,
            minutes: plan.wishes.minutes,
            weeks: plan.wishes.weeks,
            equipment: plan.wishes.equipment,
            injuries: plan.wishes.injuries,
            deload_every: plan.deload_every,
            days: plan.days.into_iter().enumerate().map(day).collect(),
            volume: plan.volume,
            shortfalls: plan.shortfalls,
            author: plan.author,
            differences: plan.differences,
            wording: plan.wording,
            created_at: stored.created_at,
            updated_at: stored.updated_at,
        }
    }
}

/// A decision with the rule that it follows.
#[derive(Serialize, ToSchema)]
struct Reason {
    /// `plan`, `day 1`, or a slug.
    subject: String,
    decision: String,
    rule: String,
    /// What the rule says.
    rule_text: &'static str,
    /// What backs the rule.
    source: &'static str,
}

/// Why each part of a plan is there.
#[derive(Serialize, ToSchema)]
#[schema(as = PlanExplanation)]
pub(super) struct ExplanationView {
    reasons: Vec<Reason>,
    /// Fractional sets of a cycle for each muscle.
    #[schema(value_type = Object)]
    volume: BTreeMap<Muscle, f64>,
    /// The band that each major muscle is to be in.
    band: [f64; 2],
    shortfalls: Vec<Shortfall>,
    differences: Vec<Difference>,
}

impl From<StoredPlan> for ExplanationView {
    fn from(stored: StoredPlan) -> Self {
        let plan = stored.plan;
        let reason = |decision: crate::plan::Decision| {
            let known = rule(&decision.rule);
            Reason {
                subject: decision.subject,
                decision: decision.text,
                rule: decision.rule,
                rule_text: known.map_or("", |rule| rule.text),
                source: known.map_or("", |rule| rule.source),
            }
        };
        let (low, high) = crate::plan::band(plan.wishes.experience, plan.wishes.cycle_days);
        Self {
            reasons: plan.decisions.into_iter().map(reason).collect(),
            volume: plan.volume,
            band: [crate::units::rounded(low, 2), crate::units::rounded(high, 2)],
            shortfalls: plan.shortfalls,
            differences: plan.differences,
        }
    }
}

/// One application of a rule.
#[derive(Serialize, ToSchema)]
struct StepView {
    rule: &'static str,
    text: String,
    source: &'static str,
}

impl From<Step> for StepView {
    fn from(step: Step) -> Self {
        Self { rule: step.rule, text: step.text, source: rule(step.rule).map_or("", |rule| rule.source) }
    }
}

/// What to do with an exercise next time.
#[derive(Serialize, ToSchema)]
#[schema(as = NextItem)]
struct AdviceView {
    exercise: String,
    name: String,
    animation: Option<String>,
    sets: u8,
    metric: SetMetric,
    low: u16,
    high: u16,
    /// What to reach in each set.
    target: u16,
    /// Null: the person chooses, or there is none.
    load: Option<Shown>,
    rir: u8,
    rest_seconds: u16,
    /// A harder exercise to go on with.
    harder: Option<String>,
    /// How it was come to.
    trace: Vec<StepView>,
}

/// The next session.
#[derive(Serialize, ToSchema)]
#[schema(as = NextSession)]
pub(super) struct NextView {
    plan_id: Uuid,
    /// Index of the day; send it as `plan_day` of the workout.
    day: usize,
    name: String,
    /// Which round of the plan, from 1.
    cycle: usize,
    /// An easy cycle.
    deload: bool,
    items: Vec<AdviceView>,
    trace: Vec<StepView>,
}

impl NextView {
    pub(super) fn of(stored: &StoredPlan, next: NextSession, system: UnitSystem) -> Self {
        let advice = |advice: Advice| {
            let (name, animation) = named(&advice.item.exercise);
            AdviceView {
                exercise: advice.item.exercise,
                name,
                animation,
                sets: advice.sets,
                metric: advice.item.metric,
                low: advice.item.low,
                high: advice.item.high,
                target: advice.target,
                load: advice.load.map(|load| Shown::mass(load, system)),
                rir: advice.item.rir,
                rest_seconds: advice.item.rest,
                harder: advice.harder,
                trace: advice.trace.into_iter().map(StepView::from).collect(),
            }
        };
        Self {
            plan_id: stored.id.get(),
            day: next.day,
            name: stored.plan.days.get(next.day).map(|day| day.name.clone()).unwrap_or_default(),
            cycle: next.cycle + 1,
            deload: next.deload,
            items: next.items.into_iter().map(advice).collect(),
            trace: next.trace.into_iter().map(StepView::from).collect(),
        }
    }
}
