//! This server's own export: written, and read back.

use core_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{Found, FoundWorkout, MOST_ROWS, MOST_SETS, clean};
use crate::catalogue::{Exercise, faults};
#[cfg(feature = "http")]
use crate::model::ImportSource;
use crate::model::{
    Measurement, MeasurementDraft, MeasurementKind, Profile, SetDraft, SetKind, StoredPlan, WorkoutDraft, WorkoutSet,
};
use crate::service::Logged;
use crate::store::exercises::StoredExercise;
use crate::units::{LOADS, Mass};

/// The name of the format.
const FORMAT: &str = "brickwork-fitness";

#[derive(Serialize, Deserialize)]
struct SetRow {
    exercise: String,
    kind: SetKind,
    load_g: Option<i64>,
    reps: Option<u32>,
    seconds: Option<u32>,
    metres: Option<u32>,
    rir: Option<f64>,
    rest_seconds: Option<u32>,
    superset: Option<u32>,
    #[serde(default)]
    notes: String,
    done_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct WorkoutRow {
    id: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    notes: String,
    started_at: Timestamp,
    ended_at: Option<Timestamp>,
    sets: Vec<SetRow>,
}

#[derive(Serialize, Deserialize)]
struct MeasurementRow {
    id: String,
    kind: MeasurementKind,
    /// In the stored unit: grams, millimetres, thousandths of a percent.
    value: i64,
    measured_at: Timestamp,
    #[serde(default)]
    notes: String,
}

fn set_row(set: &WorkoutSet) -> SetRow {
    let draft = set.draft.clone();
    SetRow {
        exercise: draft.exercise,
        kind: draft.kind,
        load_g: draft.load.map(Mass::grams),
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

/// A workout with its sets as a row of an export.
pub(crate) fn workout_row(logged: &Logged) -> Value {
    let workout = &logged.workout;
    json!({
        "id": workout.id, "plan_id": workout.plan, "plan_day": workout.plan_day, "title": workout.title, "notes": workout.notes,
        "started_at": workout.started_at, "ended_at": workout.ended_at, "swaps": workout.swaps,
        "sets": logged.sets.iter().map(set_row).collect::<Vec<_>>(),
    })
}

/// A profile as a row of an export.
pub(crate) fn profile_row(profile: &Profile) -> Value {
    let draft = &profile.draft;
    json!({
        "birth_date": draft.birth_date, "sex": draft.sex, "height_mm": draft.height.millimetres(), "mass_g": draft.mass.grams(),
        "activity": draft.activity, "goal": draft.goal, "experience": draft.experience, "equipment": draft.equipment,
        "injuries": draft.injuries, "units": draft.units, "updated_at": profile.updated_at,
    })
}

/// A plan as a row of an export.
pub(crate) fn plan_row(plan: &StoredPlan) -> Value {
    json!({"id": plan.id, "name": plan.name, "archived": plan.archived, "plan": plan.plan, "created_at": plan.created_at})
}

/// A measurement as a row of an export.
pub(crate) fn measurement_row(measurement: &Measurement) -> Value {
    json!({
        "id": measurement.id, "kind": measurement.draft.kind, "value": measurement.draft.value,
        "measured_at": measurement.measured_at, "notes": measurement.draft.notes,
    })
}

/// The whole document.
pub(crate) fn document(
    profile: Option<&Profile>,
    plans: &[StoredPlan],
    workouts: &[Logged],
    measurements: &[Measurement],
    exercises: &[StoredExercise],
) -> Value {
    json!({
        "format": FORMAT, "version": 1, "units": "grams, millimetres, thousandths of a percent, kilocalories",
        "profile": profile.map(profile_row),
        "plans": plans.iter().map(plan_row).collect::<Vec<_>>(),
        "workouts": workouts.iter().map(workout_row).collect::<Vec<_>>(),
        "measurements": measurements.iter().map(measurement_row).collect::<Vec<_>>(),
        "exercises": exercises.iter().map(|stored| &stored.exercise).collect::<Vec<_>>(),
    })
}

/// Every set as a line. Cells that a spreadsheet would run as a formula are quoted.
pub(crate) fn table(workouts: &[Logged]) -> Result<String, String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |error: csv::Error| error.to_string();
    writer
        .write_record([
            "started_at",
            "workout",
            "exercise",
            "kind",
            "load_kg",
            "reps",
            "seconds",
            "metres",
            "rir",
            "rest_seconds",
            "superset",
            "done_at",
            "notes",
        ])
        .map_err(failed)?;
    let text = |value: Option<u32>| value.map(|value| value.to_string()).unwrap_or_default();
    for logged in workouts {
        for set in &logged.sets {
            let draft = &set.draft;
            writer
                .write_record([
                    logged.workout.started_at.to_string(),
                    harmless(&logged.workout.title),
                    draft.exercise.clone(),
                    draft.kind.as_str().to_owned(),
                    draft.load.map(|load| load.as_kg().to_string()).unwrap_or_default(),
                    text(draft.reps),
                    text(draft.seconds),
                    text(draft.metres),
                    draft.rir.map(|rir| rir.to_string()).unwrap_or_default(),
                    text(draft.rest_seconds),
                    text(draft.superset),
                    set.done_at.to_string(),
                    harmless(&draft.notes),
                ])
                .map_err(failed)?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

/// What a document says that it is.
#[derive(Deserialize)]
struct Head {
    format: String,
}

/// Refuses what says that it is something else.
#[cfg(feature = "http")]
pub(crate) fn is_of(source: ImportSource, bytes: &[u8]) -> Result<(), String> {
    if source == ImportSource::Own { is_own(bytes) } else { Ok(()) }
}

fn is_own(bytes: &[u8]) -> Result<(), String> {
    let head: Head = serde_json::from_slice(bytes).map_err(|error| format!("not an export of this server: {error}"))?;
    if head.format == FORMAT { Ok(()) } else { Err(format!("expected the format {FORMAT}")) }
}

/// Reads a document. What is not understood in a row is a fault of that row alone.
pub(super) fn read(bytes: &[u8]) -> Result<Found, String> {
    is_own(bytes)?;
    let (mut found, mut sets) = (Found::default(), 0);
    let is_list = |name: &str| matches!(name, "workouts" | "measurements" | "exercises");
    let each = |list: &str, line: u64, row: &RawValue| {
        if let Err(reason) = read_row(&mut found, &mut sets, list, row.get()) {
            found.reject(line, format!("{list}: {reason}"));
        }
    };
    super::rows::walk(bytes, is_list, each).map_err(|error| format!("not an export of this server: {error}"))?;
    Ok(found)
}

/// Reads a row of a list; a fault keeps none of it, unless it says otherwise. `sets` counts those of all workouts.
fn read_row(found: &mut Found, sets: &mut usize, list: &str, row: &str) -> Result<(), String> {
    let unreadable = |error: serde_json::Error| error.to_string();
    match list {
        "workouts" => {
            let row: WorkoutRow = serde_json::from_str(row).map_err(unreadable)?;
            *sets += row.sets.len();
            if *sets > MOST_ROWS {
                return Err(format!("more than {MOST_ROWS} sets in the file"));
            }
            let read: Vec<SetDraft> = row.sets.iter().filter_map(set_draft).take(MOST_SETS).collect();
            let complete = read.len() == row.sets.len();
            let draft = WorkoutDraft {
                title: clean(&row.title, 120),
                notes: clean(&row.notes, 2000),
                started_at: Some(row.started_at),
                ended_at: row.ended_at.filter(|end| *end >= row.started_at),
                ..WorkoutDraft::default()
            };
            found.workouts.push(FoundWorkout { key: format!("own:{}", clean(&row.id, 40)), draft, sets: read });
            if complete { Ok(()) } else { Err("sets of this workout are out of range and left out".to_owned()) }
        }
        "measurements" => {
            let row: MeasurementRow = serde_json::from_str(row).map_err(unreadable)?;
            if !row.kind.allows(row.value) {
                return Err("the value is out of range".to_owned());
            }
            let (measured_at, notes) = (Some(row.measured_at), clean(&row.notes, 500));
            let draft = MeasurementDraft { kind: row.kind, value: row.value, measured_at, notes };
            found.measurements.push((format!("own:{}", clean(&row.id, 40)), draft));
            Ok(())
        }
        _ => {
            let exercise: Exercise = serde_json::from_str(row).map_err(unreadable)?;
            match faults(&exercise).first() {
                Some(fault) => Err(format!("{}: {}", fault.pointer, fault.message)),
                None => {
                    found.exercises.push(exercise);
                    Ok(())
                }
            }
        }
    }
}

fn set_draft(row: &SetRow) -> Option<SetDraft> {
    let load = row.load_g.map(Mass::from_grams);
    if load.is_some_and(|load| !(LOADS.0..=LOADS.1).contains(&load.as_kg()))
        || row.rir.is_some_and(|rir| !(0.0..=10.0).contains(&rir))
    {
        return None;
    }
    let within = |value: Option<u32>, most: u32| value.filter(|value| *value <= most);
    Some(SetDraft {
        exercise: clean(&row.exercise, 120),
        kind: row.kind,
        load,
        reps: within(row.reps, 1000),
        seconds: within(row.seconds, 86_400),
        metres: within(row.metres, 1_000_000),
        rir: row.rir,
        rest_seconds: within(row.rest_seconds, 3600),
        superset: within(row.superset, 100).filter(|number| *number > 0),
        notes: clean(&row.notes, 500),
        done_at: Some(row.done_at),
    })
}
