use actix_web::web;
use core_http::{Caller, Json, Operation, Problem, Query};
use core_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::progress::Record;
use crate::units::{Mass, Shown, UnitSystem, rounded};
use crate::{Progress, codes, permissions};

/// Of what.
#[derive(Deserialize, IntoParams)]
struct RecordQuery {
    /// Only this exercise.
    exercise: Option<String>,
}

/// A best.
#[derive(Serialize, ToSchema)]
#[schema(as = FitnessRecord)]
struct RecordView {
    exercise: String,
    /// `heaviest`, `one_rep_max`, `most_reps`, `longest`, `farthest`.
    kind: &'static str,
    value: f64,
    /// `kg`, `lb`, `reps`, `s`, `m`.
    unit: &'static str,
    /// The load of the set that it comes from.
    load: Option<Shown>,
    /// Its repetitions, seconds or metres.
    amount: f64,
    at: Timestamp,
    workout_id: Uuid,
}

/// All bests.
#[derive(Serialize, ToSchema)]
#[schema(as = FitnessRecords)]
struct RecordsView {
    records: Vec<RecordView>,
    /// How maxima are estimated.
    one_rep_max: &'static str,
}

pub(super) fn operation() -> Operation {
    Operation::get("/records", handle)
        .id("get_records")
        .summary("The caller's records")
        .requires(&permissions::READ)
        .query::<RecordQuery>()
        .answers::<RecordsView>(200, "The records")
        .problems(&[&codes::INVALID])
}

async fn handle(
    caller: Caller,
    progress: web::Data<dyn Progress>,
    Query(query): Query<RecordQuery>,
) -> Result<Json<RecordsView>, Problem> {
    let found = progress.records(&caller, query.exercise.as_deref()).await?;
    let records = found.records.into_iter().map(|record| view(record, found.units)).collect();
    Ok(Json(RecordsView {
        records,
        one_rep_max: "Epley 1985, up to 15 repetitions with those in reserve; sets with help count for nothing",
    }))
}

fn view(record: Record, units: UnitSystem) -> RecordView {
    let (value, unit) = match record.kind {
        "heaviest" | "one_rep_max" => {
            let shown = Shown::mass(Mass::kg(record.value), units);
            (shown.value, shown.unit)
        }
        "longest" => (record.value, "s"),
        "farthest" => (record.value, "m"),
        _ => (record.value, "reps"),
    };
    RecordView {
        exercise: record.exercise,
        kind: record.kind,
        value: rounded(value, 2),
        unit,
        load: record.load.map(|load| Shown::mass(load, units)),
        amount: record.amount,
        at: record.at,
        workout_id: record.workout.get(),
    }
}
