use std::time::Duration;

use core_db::DbError;
use core_feature::ExportError;
use core_kernel::{Denied, DomainError, FieldError, ProblemCode};

use core_kernel::PortError;

/// The problem catalogue of profiles.
pub mod codes {
    core_kernel::problem_codes! {
        /// A field breaks a rule.
        INVALID = "users.invalid", Invalid, "The input breaks a rule",
            "Each entry of `errors` points at a field and says what is expected there.";
        /// The profile is newer than what the change is based on.
        PROFILE_CHANGED = "users.profile_changed", PreconditionFailed, "The profile has changed since you read it",
            "Read it again and repeat the change on what is there now.";
        /// Somebody else than the person wants to close the account, or to have what it holds.
        NOT_IN_PERSON = "users.not_in_person", Forbidden, "Only the person can do this",
            "Sign in as the person; API keys and administrators in somebody's place can't do this.";
        /// Nothing keeps pictures here.
        NO_AVATARS = "users.no_avatars", Unavailable, "This server keeps no pictures of people",
            "The operator has to install the feature `media`, which answers the port `Avatars`.";
        /// The object store does not answer.
        STORE_UNAVAILABLE = "users.store_unavailable", Unavailable, "The store of archives is not available",
            "Try again after the time in Retry-After.";
        /// An export was given up.
        EXPORT_FAILED = "users.export_failed", Internal, "The export could not be made",
            "It was tried several times; ask for another one, and tell the operator if that fails too.";
    }
}

/// What can go wrong with profiles.
#[derive(Debug, thiserror::Error)]
pub enum UsersError {
    /// Fields break rules.
    #[error("the input breaks a rule")]
    Invalid(Vec<FieldError>),
    /// The profile is newer than what the change is based on.
    #[error("the profile is at version {current}")]
    Changed {
        /// The version that is there now.
        current: i64,
    },
    /// Only the person can do this.
    #[error("only the person can do this")]
    NotInPerson,
    /// Nothing keeps pictures here.
    #[error("no pictures are kept here")]
    NoAvatars,
    /// The archive could not be made.
    #[error("the archive could not be made")]
    Archive(#[from] ExportError),
    /// The object store failed.
    #[error("the object store failed")]
    Blobs(#[source] object_store::Error),
    /// A right is missing.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Another part of the product failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl DomainError for UsersError {
    fn code(&self) -> &'static ProblemCode {
        match self {
            Self::Invalid(_) => &codes::INVALID,
            Self::Changed { .. } => &codes::PROFILE_CHANGED,
            Self::NotInPerson => &codes::NOT_IN_PERSON,
            Self::NoAvatars => &codes::NO_AVATARS,
            Self::Archive(_) => &codes::EXPORT_FAILED,
            Self::Blobs(_) => &codes::STORE_UNAVAILABLE,
            Self::Denied(error) => error.code(),
            Self::Db(error) => error.code(),
            Self::Port(error) => error.cause().code(),
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::Changed { current } => format!("The current version is \"v{current}\"."),
            Self::Denied(error) => error.detail(),
            Self::Db(error) => error.detail(),
            Self::Port(error) => error.cause().detail(),
            other => other.code().title.to_owned(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::Invalid(fields) => fields.clone(),
            Self::Port(error) => error.cause().fields(),
            _ => Vec::new(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Db(error) => error.retry_after(),
            Self::Port(error) => error.cause().retry_after(),
            Self::Blobs(_) => Some(Duration::from_secs(5)),
            _ => None,
        }
    }
}
