use std::time::Duration;

use core_db::DbError;
use core_kernel::{Denied, DomainError, FieldError, PortError, ProblemCode};
use serde_json::{Map, Value};

use crate::units::{QuantityFault, Reading};

/// The problem catalogue of fitness.
pub mod codes {
    core_kernel::problem_codes! {
        /// A field breaks a rule.
        INVALID = "fitness.invalid", Invalid, "The input breaks a rule",
            "Each entry of `errors` points at a field and says what is expected there.";
        /// A quantity can be read in several ways.
        AMBIGUOUS_QUANTITY = "fitness.ambiguous_quantity", Invalid, "The quantity can be read in more than one way",
            "Send the `text` of the reading that is meant; each entry of `readings` is one.";
        /// There is no profile yet.
        NO_PROFILE = "fitness.no_profile", NotFound, "There is no fitness profile yet",
            "Write one with PUT /fitness/profile.";
        /// There is no such thing, or it is somebody else's.
        NOT_FOUND = "fitness.not_found", NotFound, "There is no such thing",
            "Check the id or the name; what belongs to somebody else answers the same.";
        /// A name is taken.
        SLUG_TAKEN = "fitness.slug_taken", Conflict, "There is an exercise of this name already",
            "Choose another slug, or change the exercise that is there.";
        /// An exercise of the catalogue can't be changed.
        NOT_OWN = "fitness.not_own_exercise", Conflict, "Exercises of the catalogue can't be changed",
            "Make an exercise of your own with POST /fitness/exercises.";
        /// No plan fits.
        NO_PLAN = "fitness.no_plan_fits", Invalid, "No plan fits these wishes",
            "The detail names what stands in the way: days, minutes, equipment or injuries.";
        /// It was changed meanwhile.
        CHANGED = "fitness.changed", PreconditionFailed, "It was changed since it was read",
            "Read it again and repeat the change on the version that is there now.";
        /// The workout is over.
        WORKOUT_ENDED = "fitness.workout_ended", Conflict, "The workout has ended",
            "Open it again with PATCH {\"ended_at\": null}, or begin another.";
        /// Too many.
        TOO_MANY = "fitness.too_many", Conflict, "There are too many already",
            "Delete some first; the detail names the limit.";
        /// A port is not connected.
        NOT_CONNECTED = "fitness.not_connected", Unavailable, "What this needs is not part of this server",
            "The detail names the port that the operator has to connect.";
        /// There is no animation.
        NO_ANIMATION = "fitness.no_animation", NotFound, "There is no animation of this exercise",
            "The exercise's `animation` is null where there is none.";
        /// The import can't be read.
        UNREADABLE_IMPORT = "fitness.unreadable_import", Invalid, "The file is none that can be imported",
            "Hevy and Strong export CSV; this server's own export is JSON. The detail says what was expected.";
        /// The import was given up.
        IMPORT_FAILED = "fitness.import_failed", Internal, "The import was given up",
            "Send the file again; nothing of it was stored twice.";
    }
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
