//! This server's own export: written, and read back.

use core_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Found, FoundWorkout, clean};
use crate::catalogue::Exercise;
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

#[derive(Deserialize)]
struct Document {
    format: String,
    #[serde(default)]
    workouts: Vec<WorkoutRow>,
    #[serde(default)]
    measurements: Vec<MeasurementRow>,
    #[serde(default)]
    exercises: Vec<Exercise>,
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

/// Only the beginning of a document is looked at here; the rest is the import's.
#[cfg(feature = "http")]
#[derive(Deserialize)]
struct Head {
    format: String,
}

/// Refuses what says that it is something else.
#[cfg(feature = "http")]
pub(crate) fn is_of(source: ImportSource, bytes: &[u8]) -> Result<(), String> {
    if source != ImportSource::Own {
        return Ok(());
    }
    let head: Head = serde_json::from_slice(bytes).map_err(|error| format!("not an export of this server: {error}"))?;
    if head.format == FORMAT { Ok(()) } else { Err(format!("expected the format {FORMAT}")) }
}

/// Reads a document. What is not understood in a row is a fault of that row alone.
pub(super) fn read(bytes: &[u8]) -> Result<Found, String> {
    let document: Document = serde_json::from_slice(bytes).map_err(|error| format!("not an export of this server: {error}"))?;
    if document.format != FORMAT {
        return Err(format!("expected the format {FORMAT}"));
    }
    let mut found = Found::default();
    for (row, line) in document.workouts.into_iter().zip(1_u64..) {
        let sets: Vec<SetDraft> = row.sets.iter().filter_map(set_draft).take(300).collect();
        if sets.len() < row.sets.len() {
            found.reject(line, "sets of this workout are out of range");
        }
        let draft = WorkoutDraft {
            title: clean(&row.title, 120),
            notes: clean(&row.notes, 2000),
            started_at: Some(row.started_at),
            ended_at: row.ended_at.filter(|end| *end >= row.started_at),
            ..WorkoutDraft::default()
        };
        found.workouts.push(FoundWorkout { key: format!("own:{}", clean(&row.id, 40)), draft, sets });
    }
    for row in document.measurements {
        let draft = MeasurementDraft {
            kind: row.kind,
            value: row.value,
            measured_at: Some(row.measured_at),
            notes: clean(&row.notes, 500),
        };
        found.measurements.push((format!("own:{}", clean(&row.id, 40)), draft));
    }
    found.exercises = document.exercises;
    Ok(found)
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
        notes: clean(&row.notes, 500),
        done_at: Some(row.done_at),
    })
}
