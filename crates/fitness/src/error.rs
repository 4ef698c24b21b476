use std::time::Duration;

use core_db::DbError;
use core_kernel::{Denied, DomainError, FieldError, PortError, ProblemCode};
use serde_json::{Map, Value};

use crate::units::{QuantityFault, Reading};

/// The problem catalogue of fitness.
pub mod codes {
    use core_kernel::{ErrorKind, ProblemCode};

    /// A field breaks a rule.
    pub const INVALID: ProblemCode = ProblemCode {
        code: "fitness.invalid",
        kind: ErrorKind::Invalid,
        title: "The input breaks a rule",
        advice: "Each entry of `errors` points at a field and says what is expected there.",
    };
    /// A quantity can be read in several ways.
    pub const AMBIGUOUS_QUANTITY: ProblemCode = ProblemCode {
        code: "fitness.ambiguous_quantity",
        kind: ErrorKind::Invalid,
        title: "The quantity can be read in more than one way",
        advice: "Send the `text` of the reading that is meant; each entry of `readings` is one.",
    };
    /// There is no profile yet.
    pub const NO_PROFILE: ProblemCode = ProblemCode {
        code: "fitness.no_profile",
        kind: ErrorKind::NotFound,
        title: "There is no fitness profile yet",
        advice: "Write one with PUT /fitness/profile.",
    };
    /// There is no such thing, or it is somebody else's.
    pub const NOT_FOUND: ProblemCode = ProblemCode {
        code: "fitness.not_found",
        kind: ErrorKind::NotFound,
        title: "There is no such thing",
        advice: "Check the id or the name; what belongs to somebody else answers the same.",
    };
    /// A name is taken.
    pub const SLUG_TAKEN: ProblemCode = ProblemCode {
        code: "fitness.slug_taken",
        kind: ErrorKind::Conflict,
        title: "There is an exercise of this name already",
        advice: "Choose another slug, or change the exercise that is there.",
    };
    /// An exercise of the catalogue can't be changed.
    pub const NOT_OWN: ProblemCode = ProblemCode {
        code: "fitness.not_own_exercise",
        kind: ErrorKind::Conflict,
        title: "Exercises of the catalogue can't be changed",
        advice: "Make an exercise of your own with POST /fitness/exercises.",
    };
    /// No plan fits.
    pub const NO_PLAN: ProblemCode = ProblemCode {
        code: "fitness.no_plan_fits",
        kind: ErrorKind::Invalid,
        title: "No plan fits these wishes",
        advice: "The detail names what stands in the way: days, minutes, equipment or injuries.",
    };
    /// It was changed meanwhile.
    pub const CHANGED: ProblemCode = ProblemCode {
        code: "fitness.changed",
        kind: ErrorKind::PreconditionFailed,
        title: "It was changed since it was read",
        advice: "Read it again and repeat the change on the version that is there now.",
    };
    /// The workout is over.
    pub const WORKOUT_ENDED: ProblemCode = ProblemCode {
        code: "fitness.workout_ended",
        kind: ErrorKind::Conflict,
        title: "The workout has ended",
        advice: "Open it again with PATCH {\"ended_at\": null}, or begin another.",
    };
    /// Too many.
    pub const TOO_MANY: ProblemCode = ProblemCode {
        code: "fitness.too_many",
        kind: ErrorKind::Conflict,
        title: "There are too many already",
        advice: "Delete some first; the detail names the limit.",
    };
    /// A port is not connected.
    pub const NOT_CONNECTED: ProblemCode = ProblemCode {
        code: "fitness.not_connected",
        kind: ErrorKind::Unavailable,
        title: "What this needs is not part of this server",
        advice: "The detail names the port that the operator has to connect.",
    };
    /// There is no animation.
    pub const NO_ANIMATION: ProblemCode = ProblemCode {
        code: "fitness.no_animation",
        kind: ErrorKind::NotFound,
        title: "There is no animation of this exercise",
        advice: "The exercise's `animation` is null where there is none.",
    };
    /// The import can't be read.
    pub const UNREADABLE_IMPORT: ProblemCode = ProblemCode {
        code: "fitness.unreadable_import",
        kind: ErrorKind::Invalid,
        title: "The file is none that can be imported",
        advice: "Hevy and Strong export CSV; this server's own export is JSON. The detail says what was expected.",
    };
    /// The import was given up.
    pub const IMPORT_FAILED: ProblemCode = ProblemCode {
        code: "fitness.import_failed",
        kind: ErrorKind::Internal,
        title: "The import was given up",
        advice: "Send the file again; nothing of it was stored twice.",
    };

    /// Every entry of this module.
    pub const ALL: &[&ProblemCode] = &[
        &INVALID,
        &AMBIGUOUS_QUANTITY,
        &NO_PROFILE,
        &NOT_FOUND,
        &SLUG_TAKEN,
        &NOT_OWN,
        &NO_PLAN,
        &CHANGED,
        &WORKOUT_ENDED,
        &TOO_MANY,
        &NOT_CONNECTED,
        &NO_ANIMATION,
        &UNREADABLE_IMPORT,
        &IMPORT_FAILED,
    ];
}

/// What can go wrong in fitness.
#[derive(Debug, thiserror::Error)]
pub enum FitnessError {
    /// Fields break rules.
    #[error("the input breaks a rule")]
    Invalid(Vec<FieldError>),
    /// A quantity can be read in several ways.
    #[error("the quantity at {pointer} can be read in more than one way")]
    Ambiguous {
        /// The field.
        pointer: String,
        /// The ways.
        readings: Vec<Reading>,
    },
    /// There is no profile yet.
    #[error("there is no fitness profile yet")]
    NoProfile,
    /// There is no such thing, or it is somebody else's.
    #[error("there is no such thing")]
    NotFound,
    /// A name is taken.
    #[error("there is an exercise of this name already")]
    SlugTaken,
    /// It belongs to the catalogue.
    #[error("exercises of the catalogue can't be changed")]
    NotOwn,
    /// No plan fits; why, for people.
    #[error("no plan fits: {0}")]
    NoPlan(String),
    /// It was changed meanwhile.
    #[error("it is at version {current}")]
    Changed {
        /// The version that it has.
        current: i64,
    },
    /// The workout is over.
    #[error("the workout has ended")]
    WorkoutEnded,
    /// Too many; the limit, for people.
    #[error("{0}")]
    TooMany(String),
    /// A port is not connected.
    #[error("the port {0} is not connected")]
    NotConnected(&'static str),
    /// There is no animation.
    #[error("there is no animation of this exercise")]
    NoAnimation,
    /// The import can't be read.
    #[error("{0}")]
    UnreadableImport(String),
    /// What stands behind a port failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The store of files failed.
    #[error("the store of files failed")]
    Blobs(#[from] object_store::Error),
    /// A right is missing.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl FitnessError {
    /// One broken rule.
    pub(crate) fn field(pointer: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(pointer, code, message)])
    }

    /// A quantity that can't be taken, at a field.
    pub(crate) fn quantity(pointer: &str, fault: QuantityFault) -> Self {
        match fault {
            QuantityFault::Unreadable(rule) => Self::field(pointer, "invalid_quantity", rule),
            QuantityFault::OutOfRange(range) => Self::field(pointer, "out_of_range", range),
            QuantityFault::Ambiguous(readings) => Self::Ambiguous { pointer: pointer.to_owned(), readings },
        }
    }
}

impl DomainError for FitnessError {
    fn code(&self) -> &'static ProblemCode {
        match self {
            Self::Invalid(_) => &codes::INVALID,
            Self::Ambiguous { .. } => &codes::AMBIGUOUS_QUANTITY,
            Self::NoProfile => &codes::NO_PROFILE,
            Self::NotFound => &codes::NOT_FOUND,
            Self::SlugTaken => &codes::SLUG_TAKEN,
            Self::NotOwn => &codes::NOT_OWN,
            Self::NoPlan(_) => &codes::NO_PLAN,
            Self::Changed { .. } => &codes::CHANGED,
            Self::WorkoutEnded => &codes::WORKOUT_ENDED,
            Self::TooMany(_) => &codes::TOO_MANY,
            Self::NotConnected(_) => &codes::NOT_CONNECTED,
            Self::NoAnimation => &codes::NO_ANIMATION,
            Self::UnreadableImport(_) => &codes::UNREADABLE_IMPORT,
            Self::Blobs(_) => &DbError::UNAVAILABLE,
            Self::Port(error) => error.cause().code(),
            Self::Denied(error) => error.code(),
            Self::Db(error) => error.code(),
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::Port(error) => error.cause().detail(),
            Self::Denied(error) => error.detail(),
            Self::Db(error) => error.detail(),
            other => other.to_string(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::Invalid(fields) => fields.clone(),
            Self::Ambiguous { pointer, readings } => {
                let texts: Vec<&str> = readings.iter().map(|reading| reading.text.as_str()).collect();
                let message = format!("It may mean {}; send the one that is meant.", texts.join(" or "));
                vec![FieldError::new(pointer.clone(), "ambiguous_quantity", message)]
            }
            _ => Vec::new(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Port(error) => error.cause().retry_after(),
            Self::Db(error) => error.retry_after(),
            Self::Blobs(_) => Some(Duration::from_secs(5)),
            _ => None,
        }
    }

    fn extensions(&self) -> Map<String, Value> {
        let mut members = Map::new();
        if let Self::Ambiguous { readings, .. } = self {
            let readings = readings
                .iter()
                .map(|reading| serde_json::json!({"text": reading.text, "value": reading.value, "unit": reading.unit}));
            members.insert("readings".to_owned(), readings.collect());
        }
        members
    }
}
