use core_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::model::{PlanId, SetDraft, SetKind, Swap, WorkoutDraft, WorkoutSet};
use crate::units::{LOADS, QuantityText, Shown, UnitSystem};
use crate::{FitnessError, Logged};

/// A set.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetBody {
    /// Slug, name or alias.
    #[schema(example = "push-up")]
    exercise: String,
    #[serde(default = "working")]
    kind: SetKind,
    /// With its unit.
    #[schema(example = "60 kg")]
    load: Option<QuantityText>,
    #[schema(minimum = 1, maximum = 1000)]
    reps: Option<u32>,
    #[schema(minimum = 1, maximum = 86400)]
    seconds: Option<u32>,
    #[schema(minimum = 1, maximum = 1_000_000)]
    metres: Option<u32>,
    /// Repetitions that were left.
    #[schema(minimum = 0, maximum = 10)]
    rir: Option<f64>,
    #[schema(minimum = 0, maximum = 3600)]
    rest_seconds: Option<u32>,
    /// Exercises whose sets bear the same number in a workout are done in turn.
    #[schema(minimum = 1, maximum = 100)]
    superset: Option<u32>,
    #[serde(default)]
    notes: String,
    /// Now, where it is left out.
    done_at: Option<Timestamp>,
}

fn working() -> SetKind {
    SetKind::Working
}

/// A text of at most `most` characters without control characters but line breaks.
pub(super) fn text(pointer: &str, text: String, most: usize) -> Result<String, FitnessError> {
    let fits = text.chars().count() <= most && !text.chars().any(|c| c.is_control() && c != '\n');
    if fits {
        Ok(text)
    } else {
        Err(FitnessError::field(pointer, "invalid_text", format!("at most {most} printable characters")))
    }
}

pub(super) fn load(pointer: &str, quantity: &QuantityText) -> Result<crate::units::Mass, FitnessError> {
    quantity.mass(None, LOADS).map_err(|fault| FitnessError::quantity(pointer, fault))
}

/// Refuses what no set has.
pub(super) fn checked(draft: SetDraft) -> Result<SetDraft, FitnessError> {
    let range = |pointer: &str, value: Option<u32>, low: u32, high: u32| match value {
        Some(value) if !(low..=high).contains(&value) => {
            Err(FitnessError::field(pointer, "out_of_range", format!("{low} to {high}")))
        }
        _ => Ok(()),
    };
    range("/reps", draft.reps, 1, 1000)?;
    range("/seconds", draft.seconds, 1, 86_400)?;
    range("/metres", draft.metres, 1, 1_000_000)?;
    range("/rest_seconds", draft.rest_seconds, 0, 3600)?;
    range("/superset", draft.superset, 1, 100)?;
    if draft.rir.is_some_and(|rir| !(0.0..=10.0).contains(&rir)) {
        return Err(FitnessError::field("/rir", "out_of_range", "0 to 10"));
    }
    if draft.reps.or(draft.seconds).or(draft.metres).is_none() {
        return Err(FitnessError::field("/reps", "required", "Give reps, seconds or metres."));
    }
    if draft.exercise.chars().count() > 120 {
        return Err(FitnessError::field("/exercise", "unknown_exercise", "There is no such exercise."));
    }
    text("/notes", draft.notes.clone(), 500)?;
    Ok(draft)
}

impl SetBody {
    pub(super) fn draft(self) -> Result<SetDraft, FitnessError> {
        let draft = SetDraft {
            exercise: self.exercise,
            kind: self.kind,
            load: self.load.as_ref().map(|quantity| load("/load", quantity)).transpose()?,
            reps: self.reps,
            seconds: self.seconds,
            metres: self.metres,
            rir: self.rir,
            rest_seconds: self.rest_seconds,
            superset: self.superset,
            notes: self.notes,
            done_at: self.done_at,
        };
        checked(draft)
    }
}

/// A workout that begins, or one that is over.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateWorkout {
    plan_id: Option<Uuid>,
    /// Which day of the plan, from 0.
    plan_day: Option<usize>,
    #[serde(default)]
    title: String,
    #[serde(default)]
    notes: String,
    /// Now, where it is left out.
    started_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    #[serde(default)]
    sets: Vec<SetBody>,
}

impl CreateWorkout {
    pub(super) fn parts(self) -> Result<(WorkoutDraft, Vec<SetDraft>), FitnessError> {
        if self.sets.len() > 300 {
            return Err(FitnessError::field("/sets", "too_many", "at most 300 sets"));
        }
        if self.plan_day.is_some() && self.plan_id.is_none() {
            return Err(FitnessError::field("/plan_id", "required", "plan_day needs its plan_id."));
        }
        if self.ended_at.zip(self.started_at).is_some_and(|(end, start)| end < start) {
            return Err(FitnessError::field("/ended_at", "out_of_range", "A workout ends after it begins."));
        }
        let draft = WorkoutDraft {
            plan: self.plan_id.map(PlanId),
            plan_day: self.plan_day,
            title: text("/title", self.title, 120)?,
            notes: text("/notes", self.notes, 2000)?,
            started_at: self.started_at,
            ended_at: self.ended_at,
        };
        Ok((draft, self.sets.into_iter().map(SetBody::draft).collect::<Result<_, _>>()?))
    }
}

/// A logged set.
#[derive(Serialize, ToSchema)]
#[schema(as = WorkoutSet)]
pub(super) struct SetView {
    id: Uuid,
    workout_id: Uuid,
    exercise: String,
    kind: SetKind,
    load: Option<Shown>,
    reps: Option<u32>,
    seconds: Option<u32>,
    metres: Option<u32>,
    rir: Option<f64>,
    rest_seconds: Option<u32>,
    superset: Option<u32>,
    notes: String,
    done_at: Timestamp,
}

impl SetView {
    pub(super) fn of(set: WorkoutSet, units: UnitSystem) -> Self {
        let draft = set.draft;
        Self {
            id: set.id.get(),
            workout_id: set.workout.get(),
            exercise: draft.exercise,
            kind: draft.kind,
            load: draft.load.map(|load| Shown::mass(load, units)),
            reps: draft.reps,
            seconds: draft.seconds,
            metres: draft.metres,
            rir: draft.rir,
            rest_seconds: draft.rest_seconds,
            superset: draft.superset,
            notes: draft.notes,
            done_at: set.done_at,
        }
    }
}

/// The version of a workout with its sets: a set that is added or changed does not touch the workout's row, but it changes what is answered.
pub(super) fn version_of(logged: &Logged) -> i64 {
    logged.sets.iter().fold(logged.workout.version, |sum, set| sum + set.version * 1000)
}

/// A workout.
#[derive(Serialize, ToSchema)]
#[schema(as = Workout)]
pub(super) struct WorkoutView {
    id: Uuid,
    plan_id: Option<Uuid>,
    plan_day: Option<usize>,
    title: String,
    notes: String,
    started_at: Timestamp,
    /// Null while it goes on.
    ended_at: Option<Timestamp>,
    /// What stood in for what, in this workout alone.
    swaps: Vec<Swap>,
    sets: Vec<SetView>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl WorkoutView {
    pub(super) fn of(logged: Logged, units: UnitSystem) -> Self {
        let workout = logged.workout;
        Self {
            id: workout.id.get(),
            plan_id: workout.plan.map(PlanId::get),
            plan_day: workout.plan_day,
            title: workout.title,
            notes: workout.notes,
            started_at: workout.started_at,
            ended_at: workout.ended_at,
            swaps: workout.swaps,
            sets: logged.sets.into_iter().map(|set| SetView::of(set, units)).collect(),
            created_at: workout.created_at,
            updated_at: workout.updated_at,
        }
    }
}
