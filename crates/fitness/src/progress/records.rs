use std::collections::BTreeMap;

use core_kernel::Timestamp;

use crate::catalogue::Exercise;
use crate::formulas::strength;
use crate::model::{Day, SetKind, WorkoutId, WorkoutSet};
use crate::plan::Volume;
use crate::units::Mass;

/// A best of an exercise.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Slug.
    pub exercise: String,
    /// `heaviest`, `one_rep_max`, `most_reps`, `longest`, `farthest`.
    pub kind: &'static str,
    /// In kilograms, repetitions, seconds or metres.
    pub value: f64,
    /// The set that it comes from.
    pub load: Option<Mass>,
    /// Its repetitions, seconds or metres.
    pub amount: f64,
    /// When.
    pub at: Timestamp,
    /// In which workout.
    pub workout: WorkoutId,
}

/// The bests of each exercise. Sets with help or of a part of the range count for none.
pub fn records(sets: &[WorkoutSet]) -> Vec<Record> {
    let mut best: BTreeMap<(String, &'static str), Record> = BTreeMap::new();
    for set in sets.iter().filter(|set| !matches!(set.draft.kind, SetKind::WarmUp | SetKind::Partial | SetKind::Forced)) {
        for (kind, value) in bests(set) {
            let key = (set.draft.exercise.clone(), kind);
            if best.get(&key).is_none_or(|record| value > record.value) {
                let record = Record {
                    exercise: set.draft.exercise.clone(),
                    kind,
                    value,
                    load: set.draft.load,
                    amount: set.draft.amount(),
                    at: set.done_at,
                    workout: set.workout,
                };
                best.insert(key, record);
            }
        }
    }
    best.into_values().collect()
}

fn bests(set: &WorkoutSet) -> Vec<(&'static str, f64)> {
    let draft = &set.draft;
    let mut found = Vec::new();
    if let (Some(load), Some(reps)) = (draft.load.filter(|load| load.as_kg() > 0.0), draft.reps.filter(|reps| *reps > 0)) {
        found.push(("heaviest", load.as_kg()));
        // Above the cap of repetitions there is no honest estimate.
        found.extend(strength::epley(load.as_kg(), f64::from(reps), draft.rir.unwrap_or(0.0)).map(|max| ("one_rep_max", max)));
    }
    found.extend(draft.reps.filter(|reps| *reps > 0).map(|reps| ("most_reps", f64::from(reps))));
    found.extend(draft.seconds.filter(|_| draft.metres.is_none()).map(|seconds| ("longest", f64::from(seconds))));
    found.extend(draft.metres.map(|metres| ("farthest", f64::from(metres))));
    found
}

/// Fractional sets for each muscle in a week.
#[derive(Clone, Debug, PartialEq)]
pub struct WeekVolume {
    /// Its Monday.
    pub week: Day,
    /// Sets.
    pub volume: Volume,
}

/// Fractional sets by week, in order; exercises that are not known count for nothing and are named.
pub fn volume_by_week<'e>(sets: &[WorkoutSet], find: impl Fn(&str) -> Option<&'e Exercise>) -> (Vec<WeekVolume>, Vec<String>) {
    let mut weeks: BTreeMap<Day, Volume> = BTreeMap::new();
    let mut unknown: Vec<String> = Vec::new();
    for set in sets {
        let day = Day::of(set.done_at).number();
        // Julian day numbers are 0 on a Monday.
        let monday = Day::from_number(day - day.rem_euclid(7));
        match find(&set.draft.exercise) {
            Some(exercise) => {
                let volume = weeks.entry(monday).or_default();
                for (muscle, share) in &exercise.muscles {
                    *volume.entry(*muscle).or_default() += share;
                }
            }
            None if !unknown.contains(&set.draft.exercise) => unknown.push(set.draft.exercise.clone()),
            None => {}
        }
    }
    (weeks.into_iter().map(|(week, volume)| WeekVolume { week, volume }).collect(), unknown)
}

#[cfg(test)]
mod tests {
    use core_kernel::Timestamp;

    use super::*;
    use crate::catalogue::{self, Muscle};
    use crate::model::{SetDraft, SetId};

    fn set(exercise: &str, kind: SetKind, load: Option<f64>, reps: u32, day: i64) -> WorkoutSet {
        let draft = SetDraft {
            exercise: exercise.to_owned(),
            kind,
            load: load.map(Mass::kg),
            reps: Some(reps),
            seconds: None,
            metres: None,
            rir: None,
            rest_seconds: None,
            superset: None,
            notes: String::new(),
            done_at: None,
        };
        let done_at = Timestamp::from_seconds(day * 86_400);
        let id = uuid::Uuid::nil();
        WorkoutSet { id: SetId(id), workout: WorkoutId(id), draft, done_at, version: 1 }
    }

    #[test]
    fn the_best_of_each_kind_is_kept_and_help_does_not_count() {
        let sets = [
            set("barbell-bench-press", SetKind::Working, Some(100.0), 5, 1),
            set("barbell-bench-press", SetKind::Working, Some(105.0), 2, 2),
            set("barbell-bench-press", SetKind::Forced, Some(140.0), 1, 3),
            set("barbell-bench-press", SetKind::Working, Some(60.0), 30, 4),
        ];
        let found = records(&sets);
        let of = |kind: &str| found.iter().find(|record| record.kind == kind).unwrap();
        assert!((of("heaviest").value - 105.0).abs() < 1e-9);
        assert!((of("one_rep_max").value - 116.667).abs() < 1e-3);
        assert!((of("most_reps").value - 30.0).abs() < 1e-9);
    }

    #[test]
    fn helping_muscles_count_half() {
        let working = |exercise: &str, count: usize| vec![set(exercise, SetKind::Working, None, 8, 4); count];
        let sets = [
            working("barbell-bench-press", 4),
            working("barbell-row", 4),
            working("triceps-pushdown", 3),
            working("moon-walk", 1),
        ];
        let (weeks, unknown) =
            volume_by_week(&sets.concat(), |slug| catalogue::own().by_slug(slug).map(std::convert::AsRef::as_ref));
        assert_eq!((weeks.len(), unknown), (1, vec!["moon-walk".to_owned()]));
        assert_eq!(weeks[0].week.to_string(), "1970-01-05", "a Monday");
        assert!((weeks[0].volume[&Muscle::Triceps] - 5.0).abs() < 1e-9);
    }
}
