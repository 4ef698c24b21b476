use std::time::Duration;

use core_db::DbError;
use core_feature::ExportError;
use core_kernel::{Denied, DomainError, FieldError, ProblemCode};

use core_kernel::PortError;

/// The problem catalogue of profiles.
pub mod codes {
    use core_kernel::{ErrorKind, ProblemCode};

    /// A field breaks a rule.
    pub const INVALID: ProblemCode = ProblemCode {
        code: "users.invalid",
        kind: ErrorKind::Invalid,
        title: "The input breaks a rule",
        advice: "Each entry of `errors` points at a field and says what is expected there.",
    };
    /// The profile is newer than what the change is based on.
    pub const PROFILE_CHANGED: ProblemCode = ProblemCode {
        code: "users.profile_changed",
        kind: ErrorKind::PreconditionFailed,
        title: "The profile has changed since you read it",
        advice: "Read it again and repeat the change on what is there now.",
    };
    /// Somebody else than the person wants to close the account, or to have what it holds.
    pub const NOT_IN_PERSON: ProblemCode = ProblemCode {
        code: "users.not_in_person",
        kind: ErrorKind::Forbidden,
        title: "Only the person can do this",
        advice: "Sign in as the person; API keys and administrators in somebody's place can't do this.",
    };

    /// Nothing keeps pictures here.
    pub const NO_AVATARS: ProblemCode = ProblemCode {
        code: "users.no_avatars",
        kind: ErrorKind::Unavailable,
        title: "This server keeps no pictures of people",
        advice: "The operator has to install the feature `media`, which answers the port `Avatars`.",
    };

    /// The object store does not answer.
    pub const STORE_UNAVAILABLE: ProblemCode = ProblemCode {
        code: "users.store_unavailable",
        kind: ErrorKind::Unavailable,
        title: "The store of archives is not available",
        advice: "Try again after the time in Retry-After.",
    };

    /// An export was given up.
    pub const EXPORT_FAILED: ProblemCode = ProblemCode {
        code: "users.export_failed",
        kind: ErrorKind::Internal,
        title: "The export could not be made",
        advice: "It was tried several times; ask for another one, and tell the operator if that fails too.",
    };

    /// Every entry of this module.
    pub const ALL: &[&ProblemCode] =
        &[&INVALID, &PROFILE_CHANGED, &NOT_IN_PERSON, &NO_AVATARS, &STORE_UNAVAILABLE, &EXPORT_FAILED];
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
