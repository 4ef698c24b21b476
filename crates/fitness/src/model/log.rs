use core_kernel::{Timestamp, typed_id};
use serde::{Deserialize, Serialize};

use crate::catalogue::words;
use crate::plan::Plan;
use crate::units::{BODY_MASS, GIRTH_RANGE, Mass};

typed_id! {
    /// A plan.
    PlanId
}

typed_id! {
    /// A workout.
    WorkoutId
}

typed_id! {
    /// A set.
    SetId
}

typed_id! {
    /// A measurement.
    MeasurementId
}

typed_id! {
    /// An import.
    ImportId
}

/// A plan as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredPlan {
    /// Which.
    pub id: PlanId,
    /// What it is called.
    pub name: String,
    /// Put away.
    pub archived: bool,
    /// The plan; it never changes.
    pub plan: Plan,
    /// When it was made.
    pub created_at: Timestamp,
    /// When name or state last changed.
    pub updated_at: Timestamp,
    /// Grows with every change.
    pub version: i64,
}

words! {
    /// What kind of set it was.
    SetKind {
        /// To get warm; counts for nothing.
        WarmUp = "warm_up",
        /// An ordinary one.
        Working = "working",
        /// With less load right after another.
        Drop = "drop",
        /// To failure.
        Failure = "failure",
        /// Short rests within.
        Myo = "myo",
        /// Part of the range.
        Partial = "partial",
        /// With help.
        Forced = "forced",
    }
}

/// A set as it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct SetDraft {
    /// Slug.
    pub exercise: String,
    /// Kind.
    pub kind: SetKind,
    /// The load.
    pub load: Option<Mass>,
    /// Repetitions.
    pub reps: Option<u32>,
    /// Seconds.
    pub seconds: Option<u32>,
    /// Metres.
    pub metres: Option<u32>,
    /// Repetitions that were left.
    pub rir: Option<f64>,
    /// Seconds of rest before the next one.
    pub rest_seconds: Option<u32>,
    /// Exercises whose sets bear the same number in a workout are done in turn; 1 to 100.
    pub superset: Option<u32>,
    /// For the person.
    pub notes: String,
    /// When; none: now.
    pub done_at: Option<Timestamp>,
}

impl SetDraft {
    /// What was counted: repetitions, else seconds, else metres.
    pub fn amount(&self) -> f64 {
        self.reps.or(self.seconds).or(self.metres).map_or(0.0, f64::from)
    }
}

/// A logged set.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkoutSet {
    /// Which.
    pub id: SetId,
    /// Of which workout.
    pub workout: WorkoutId,
    /// What was written.
    pub draft: SetDraft,
    /// When.
    pub done_at: Timestamp,
    /// Grows with every change.
    pub version: i64,
}

/// An exercise that stood in for another in one workout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct Swap {
    /// What the plan says.
    pub from: String,
    /// What was done.
    pub to: String,
}

/// A workout as it is begun.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkoutDraft {
    /// Of which plan.
    pub plan: Option<PlanId>,
    /// Which day of it, from 0.
    pub plan_day: Option<usize>,
    /// What it is called.
    pub title: String,
    /// For the person.
    pub notes: String,
    /// When it began; none: now.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// A logged workout.
#[derive(Clone, Debug, PartialEq)]
pub struct Workout {
    /// Which.
    pub id: WorkoutId,
    /// Of which plan.
    pub plan: Option<PlanId>,
    /// Which day of it.
    pub plan_day: Option<usize>,
    /// What it is called.
    pub title: String,
    /// For the person.
    pub notes: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// What stood in for what.
    pub swaps: Vec<Swap>,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Grows with every change of the workout itself; sets have their own.
    pub version: i64,
}

words! {
    /// What was measured.
    MeasurementKind {
        /// Body mass; stored in grams.
        Mass = "mass",
        /// Body fat; stored in thousandths of a percent.
        BodyFat = "body_fat",
        /// Round the waist; girths are stored in millimetres.
        Waist = "waist",
        /// Round the hip.
        Hip = "hip",
        /// Round the neck.
        Neck = "neck",
        /// Round the chest.
        Chest = "chest",
        /// Round the upper arm.
        Arm = "arm",
        /// Round the thigh.
        Thigh = "thigh",
        /// Round the calf.
        Calf = "calf",
        /// Energy eaten in a day; stored in kilocalories.
        Intake = "intake",
        /// Beats a minute at rest.
        RestingHeartRate = "resting_heart_rate",
        /// Steps of a day.
        Steps = "steps",
    }
}

impl MeasurementKind {
    /// True for what is measured with a tape.
    pub fn is_girth(self) -> bool {
        matches!(self, Self::Waist | Self::Hip | Self::Neck | Self::Chest | Self::Arm | Self::Thigh | Self::Calf)
    }

    /// Least and most of a kind that is a plain number, and how many stored units one of its own is; none: it is a mass or a length.
    pub fn plain(self) -> Option<(f64, f64, f64)> {
        match self {
            Self::BodyFat => Some((2.0, 70.0, 1000.0)),
            Self::Intake => Some((0.0, 20_000.0, 1.0)),
            Self::RestingHeartRate => Some((25.0, 130.0, 1.0)),
            Self::Steps => Some((0.0, 200_000.0, 1.0)),
            _ => None,
        }
    }

    /// True for a value in the stored unit that a body may have.
    pub fn allows(self, value: i64) -> bool {
        let (low, high, factor) = match self.plain() {
            Some(plain) => plain,
            None if self == Self::Mass => (BODY_MASS.0, BODY_MASS.1, 1000.0),
            None => (GIRTH_RANGE.0, GIRTH_RANGE.1, 1000.0),
        };
        (crate::units::whole(low * factor)..=crate::units::whole(high * factor)).contains(&value)
    }

    /// The error of a single measurement, in the stored unit: a change is shown only beyond it. Product defaults.
    pub fn error(self) -> f64 {
        match self {
            Self::Mass => 500.0,
            Self::BodyFat => 3500.0,
            Self::Intake => 150.0,
            Self::RestingHeartRate => 3.0,
            Self::Steps => 1000.0,
            _ => 10.0,
        }
    }
}

/// A measurement as it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasurementDraft {
    /// What was measured.
    pub kind: MeasurementKind,
    /// In the stored unit of the kind.
    pub value: i64,
    /// When; none: now.
    pub measured_at: Option<Timestamp>,
    /// For the person.
    pub notes: String,
}

/// A stored measurement.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// Which.
    pub id: MeasurementId,
    /// What was written.
    pub draft: MeasurementDraft,
    /// When it was measured.
    pub measured_at: Timestamp,
    /// Grows with every change.
    pub version: i64,
}

words! {
    /// Where an import comes from.
    ImportSource {
        /// The CSV that Hevy exports.
        Hevy = "hevy",
        /// The CSV that Strong exports.
        Strong = "strong",
        /// This server's own export.
        Own = "brickwork",
        /// Exercises of free-exercise-db.
        FreeExerciseDb = "free_exercise_db",
        /// Exercises of wger.
        Wger = "wger",
    }
}

words! {
    /// Where an import stands.
    ImportStatus {
        /// It waits.
        Queued = "queued",
        /// A worker has it.
        Running = "running",
        /// It is done.
        Succeeded = "succeeded",
        /// It was given up.
        Failed = "failed",
    }
}

/// An import.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// Which.
    pub id: ImportId,
    /// Where it comes from.
    pub source: ImportSource,
    /// Where it stands.
    pub status: ImportStatus,
    /// How it is to be read.
    pub options: serde_json::Value,
    /// Why it was given up: code and detail.
    pub problem: Option<(String, String)>,
    /// What came out.
    pub result: Option<serde_json::Value>,
}
