use std::time::Duration;

use core_db::DbError;
use core_kernel::{Denied, DomainError, FieldError, PortError, ProblemCode};
use core_keys::KeyError;

use crate::codes;

/// What can go wrong with webhooks.
#[derive(Debug, thiserror::Error)]
pub enum WebhooksError {
    /// Fields break rules.
    #[error("the input breaks a rule")]
    Invalid(Vec<FieldError>),
    /// Newer than what the change is based on.
    #[error("the endpoint is at version {current}")]
    Changed {
        /// The version that is there now.
        current: i64,
    },
    /// The space has as many endpoints as it may.
    #[error("the space has {limit} endpoints")]
    TooManyEndpoints {
        /// How many it may have.
        limit: u64,
    },
    /// Nothing is sent to a disabled endpoint.
    #[error("the endpoint is disabled")]
    EndpointDisabled,
    /// A secret can't be sealed or opened.
    #[error("a secret can't be sealed or opened")]
    Keys(#[from] KeyError),
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

impl DomainError for WebhooksError {
    fn code(&self) -> &'static ProblemCode {
        match self {
            Self::Invalid(_) => &codes::INVALID,
            Self::Changed { .. } => &codes::CHANGED,
            Self::TooManyEndpoints { .. } => &codes::TOO_MANY_ENDPOINTS,
            Self::EndpointDisabled => &codes::ENDPOINT_DISABLED,
            Self::Keys(_) => &codes::INTERNAL,
            Self::Denied(error) => error.code(),
            Self::Db(error) => error.code(),
            Self::Port(error) => error.cause().code(),
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::Changed { current } => format!("The current version is \"v{current}\"."),
            Self::TooManyEndpoints { limit } => format!("It may have {limit}."),
            Self::Denied(error) => error.detail(),
            Self::Db(error) => error.detail(),
            Self::Port(error) => error.cause().detail(),
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
            Self::Port(error) => error.cause().retry_after(),
            _ => None,
        }
    }
}
