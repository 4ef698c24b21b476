//! Plans: built by rules that can be looked up, and followed by a pure function of plan and log.

mod build;
mod finish;
mod next;
mod rules;
mod session;
mod split;
mod verify;
mod volume;

pub use build::build;
pub use next::{Advice, LoggedSet, NextSession, SessionLog, Step, next_session};
pub use rules::{RULES, Rule, rule};
pub use verify::{Difference, PROPOSAL_SCHEMA, Proposal, ProposedDay, ProposedItem, Verdict, verify};
pub use volume::{MAJOR, Volume, band, minutes_of};

use serde::{Deserialize, Serialize};

use crate::catalogue::{Area, Equipment, Muscle, SetMetric};
use crate::model::{Experience, Goal};

/// What somebody asks of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wishes {
    /// What it is for.
    pub goal: Goal,
    /// For how long they have trained.
    pub experience: Experience,
    /// Training days in a cycle.
    pub days: u8,
    /// Days of a cycle; 7 is a week.
    pub cycle_days: u8,
    /// Minutes of a session.
    pub minutes: u16,
    /// What is at hand.
    pub equipment: Vec<Equipment>,
    /// What hurts.
    pub injuries: Vec<Area>,
    /// Weeks that it is for.
    pub weeks: u8,
    /// Another number gives another choice among equals.
    pub seed: u64,
}

/// A plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// What was asked.
    pub wishes: Wishes,
    /// Training days in their order.
    pub days: Vec<PlanDay>,
    /// Every how many cycles one is easy; 0: never within the plan.
    pub deload_every: u8,
    /// Fractional sets of a cycle for each muscle.
    pub volume: Volume,
    /// Muscles that get less than their band, and why.
    pub shortfalls: Vec<Shortfall>,
    /// What was decided, by which rule.
    pub decisions: Vec<Decision>,
    /// Where it comes from: `builder`, or `model` where a language model proposed it and the verifier let it pass.
    pub author: String,
    /// What the verifier changed about a proposal.
    #[serde(default)]
    pub differences: Vec<Difference>,
    /// Words of a language model about the plan.
    #[serde(default)]
    pub wording: Option<String>,
}

/// A training day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanDay {
    /// Such as `Upper body`.
    pub name: String,
    /// Day of the cycle, from 0.
    pub offset: u8,
    /// What is done, in order.
    pub items: Vec<Item>,
    /// Estimated minutes, warm-up included.
    pub minutes: f64,
}

/// An exercise of a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Slug.
    pub exercise: String,
    /// Working sets.
    pub sets: u8,
    /// What is counted.
    pub metric: SetMetric,
    /// Fewest repetitions (or seconds, or metres).
    pub low: u16,
    /// Most of them.
    pub high: u16,
    /// Repetitions that stay in reserve.
    pub rir: u8,
    /// Seconds between sets.
    pub rest: u16,
    /// How it goes on from session to session.
    pub progression: Progression,
    /// Ids of the rules that put it here and shaped it.
    pub rules: Vec<String>,
}

/// How an exercise goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Progression {
    /// Repetitions first, then load.
    Double,
    /// A step of load after each session that was met.
    Linear,
    /// Repetitions, then a harder exercise.
    Repetitions,
    /// Longer or further.
    Duration,
}

/// A muscle that gets less than its band.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct Shortfall {
    /// Which.
    pub muscle: Muscle,
    /// Fractional sets that it gets in a cycle.
    pub sets: f64,
    /// The lower end of its band in a cycle.
    pub wanted: f64,
    /// Why: `time`, `equipment_or_injuries`, `balance`.
    pub reason: String,
}

/// A decision and its rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Id of the rule.
    pub rule: String,
    /// What it is about: `plan`, `day 1`, or a slug.
    pub subject: String,
    /// What was decided, for people.
    pub text: String,
}

#[cfg(test)]
mod next_tests;
#[cfg(test)]
mod tests;
