//! Repetitions, rest and reserve of an exercise, by the goal.

use super::{Item, Progression};
use crate::catalogue::{Equipment, Exercise, Mechanic, SetMetric};
use crate::model::{Experience, Goal};

/// Repetitions from and to, reserve, seconds of rest.
type Scheme = (u16, u16, u8, u16);

fn scheme(goal: Goal, experience: Experience, mechanic: Mechanic) -> Scheme {
    let compound = mechanic == Mechanic::Compound;
    match (goal, compound) {
        // Beginners learn heavy lifts with loads that they can lift 8 to 12 times (ACSM 2009).
        (Goal::Strength, true) if experience == Experience::Beginner => (5, 8, 3, 180),
        (Goal::Strength, true) => (3, 6, 2, 180),
        (Goal::Power, true) => (3, 5, 3, 150),
        (Goal::Strength | Goal::Power, false) | (Goal::FatLoss, true) => (8, 12, 2, 90),
        (Goal::Hypertrophy, true) => (6, 12, 2, 120),
        (Goal::Hypertrophy, false) => (10, 15, 1, 90),
        (Goal::Endurance, true) => (15, 20, 2, 75),
        (Goal::Endurance, false) => (15, 25, 2, 45),
        (Goal::FatLoss, false) => (12, 15, 2, 60),
        (Goal::GeneralFitness, true) => (8, 12, 3, 105),
        (Goal::GeneralFitness, false) => (10, 15, 2, 75),
    }
}

/// The item of an exercise in a session, with two sets.
pub(crate) fn item(exercise: &Exercise, goal: Goal, experience: Experience, why: &str) -> Item {
    let (low, high, rir, rest) = scheme(goal, experience, exercise.mechanic);
    let loaded = exercise.is_loaded();
    let (low, high, rest, progression) = match exercise.metric {
        SetMetric::Seconds => (20, 45, rest.min(60), Progression::Duration),
        SetMetric::Metres => (20, 40, rest.min(90), Progression::Duration),
        SetMetric::Reps if !loaded && goal != Goal::Endurance => (6, 15, rest.min(120), Progression::Repetitions),
        SetMetric::Reps if !loaded => (low, high, rest, Progression::Repetitions),
        SetMetric::Reps if goal == Goal::Strength && experience == Experience::Beginner && exercise.uses(Equipment::Barbell) => {
            (low, high, rest, Progression::Linear)
        }
        SetMetric::Reps => (low, high, rest, Progression::Double),
    };
    let reps_rule =
        if progression == Progression::Repetitions && goal != Goal::Endurance { "reps.bodyweight" } else { "reps.goal" };
    let rules = [why, reps_rule, "rest.goal", "rir.goal"].into_iter().map(str::to_owned).collect();
    Item { exercise: exercise.id.clone(), sets: 2, metric: exercise.metric, low, high, rir, rest, progression, rules }
}
