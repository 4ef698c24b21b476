use std::time::Duration;

use core_db::DbError;
use core_kernel::{Denied, DomainError, FieldError, ProblemCode};
use core_keys::KeyError;

use super::codes;

/// What can go wrong with incoming hooks.
#[derive(Debug, thiserror::Error)]
pub enum HooksError {
    /// Fields break rules.
    #[error("the input breaks a rule")]
    Invalid(Vec<FieldError>),
    /// The proof does not fit.
    #[error("the proof does not fit: {0}")]
    NotProven(&'static str),
    /// Not the form of the provider.
    #[error("not readable: {0}")]
    NotReadable(&'static str),
    /// As many hooks as there may be.
    #[error("the space has as many hooks as it may")]
    TooMany,
    /// A secret can't be sealed or opened.
    #[error("a secret can't be sealed or opened")]
    Keys(#[from] KeyError),
    /// A right is missing.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl DomainError for HooksError {
    fn code(&self) -> &'static ProblemCode {
        match self {
            Self::Invalid(_) => &codes::INVALID,
            Self::NotProven(_) => &codes::NOT_PROVEN,
            Self::NotReadable(_) => &codes::NOT_READABLE,
            Self::TooMany => &codes::TOO_MANY,
            Self::Keys(_) => &codes::INTERNAL,
            Self::Denied(error) => error.code(),
            Self::Db(error) => error.code(),
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::NotProven(what) | Self::NotReadable(what) => format!("{what}."),
            Self::Denied(error) => error.detail(),
            Self::Db(error) => error.detail(),
            other => other.code().title.to_owned(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::Invalid(fields) => fields.clone(),
            _ => Vec::new(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Db(error) => error.retry_after(),
            _ => None,
        }
    }
}
