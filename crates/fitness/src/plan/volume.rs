use std::collections::BTreeMap;

use super::{Item, PlanDay};
use crate::catalogue::{Exercise, Muscle, SetMetric};
use crate::model::Experience;

/// Fractional sets for each muscle.
pub type Volume = BTreeMap<Muscle, f64>;

/// Muscles whose weekly sets are steered; the others follow.
pub const MAJOR: [Muscle; 11] = [
    Muscle::Chest,
    Muscle::Lats,
    Muscle::UpperBack,
    Muscle::SideDelts,
    Muscle::Quads,
    Muscle::Hamstrings,
    Muscle::Glutes,
    Muscle::Biceps,
    Muscle::Triceps,
    Muscle::Calves,
    Muscle::Abs,
];

/// Minutes of warm-up of a session.
const WARM_UP: f64 = 8.0;
/// The most sets for a muscle in a session.
pub(crate) const SESSION_CAP: f64 = 8.0;
/// The most direct sets on each of two days in a row.
pub(crate) const CONSECUTIVE_CAP: u32 = 4;

/// The band of fractional sets of a cycle.
pub fn band(experience: Experience, cycle_days: u8) -> (f64, f64) {
    let (low, high) = match experience {
        Experience::Beginner => (4.0, 8.0),
        Experience::Intermediate => (8.0, 14.0),
        Experience::Advanced => (12.0, 20.0),
    };
    let weeks = f64::from(cycle_days) / 7.0;
    (low * weeks, high * weeks)
}

/// Adds what some sets of an exercise do.
pub(crate) fn add(volume: &mut Volume, exercise: &Exercise, sets: f64) {
    for (muscle, share) in &exercise.muscles {
        *volume.entry(*muscle).or_default() += share * sets;
    }
}

/// Minutes of a session: 8 of warm-up, and each set with its repetitions and its rest. One side at a time takes twice the work.
pub fn minutes_of(items: &[Item], find: impl Fn(&str) -> Option<(f64, bool)>) -> f64 {
    let seconds: f64 = items
        .iter()
        .map(|item| {
            let (rep_seconds, unilateral) = find(&item.exercise).unwrap_or((3.5, false));
            seconds_of(item, rep_seconds, unilateral)
        })
        .sum();
    WARM_UP + seconds / 60.0
}

fn seconds_of(item: &Item, rep_seconds: f64, unilateral: bool) -> f64 {
    let each = match item.metric {
        SetMetric::Reps => rep_seconds,
        SetMetric::Seconds | SetMetric::Metres => 1.0,
    };
    let work = f64::midpoint(f64::from(item.low), f64::from(item.high)) * each * if unilateral { 2.0 } else { 1.0 };
    f64::from(item.sets) * (work + f64::from(item.rest))
}

/// Days of a cycle that follow each other without a day between.
pub(crate) fn consecutive(days: &[PlanDay]) -> impl Iterator<Item = (usize, usize)> + '_ {
    days.windows(2).enumerate().filter_map(|(index, pair)| match pair {
        [one, other] if other.offset == one.offset + 1 => Some((index, index + 1)),
        _ => None,
    })
}
