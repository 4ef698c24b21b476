use std::time::Duration;

use core_db::DbError;
use core_jobs::JobState;
use core_kernel::{Denied, DomainError, FieldError, ProblemCode};

/// The problem catalogue of the queue and the feed.
pub mod codes {
    core_kernel::problem_codes! {
        /// The job can't be retried.
        NOT_RETRYABLE = "jobs.not_retryable", Conflict, "The job can't be retried",
            "Only dead and cancelled jobs can, and only while the same work is not queued anew.";
        /// The job can't be called off.
        NOT_CANCELLABLE = "jobs.not_cancellable", Conflict, "The job can't be called off",
            "Only jobs that wait or run can; this one has ended.";
        /// The filter of the feed is none.
        INVALID = "jobs.invalid", Invalid, "The input breaks a rule",
            "Each entry of `errors` points at a field and says what is expected there.";
    }
}

/// What can go wrong with the queue and the feed.
#[derive(Debug, thiserror::Error)]
pub enum JobsError {
    /// The job is in this state, from which it can't be retried.
    #[error("the job is {}", .0.as_str())]
    NotRetryable(JobState),
    /// The job is in this state, from which it can't be called off.
    #[error("the job is {}", .0.as_str())]
    NotCancellable(JobState),
    /// The input breaks a rule.
    #[error("the input breaks a rule")]
    Invalid(FieldError),
    /// A right is missing.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl DomainError for JobsError {
    fn code(&self) -> &'static ProblemCode {
        match self {
            Self::NotRetryable(_) => &codes::NOT_RETRYABLE,
            Self::NotCancellable(_) => &codes::NOT_CANCELLABLE,
            Self::Invalid(_) => &codes::INVALID,
            Self::Denied(error) => error.code(),
            Self::Db(error) => error.code(),
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::NotRetryable(state) | Self::NotCancellable(state) => format!("The job is {}.", state.as_str()),
            Self::Invalid(_) => codes::INVALID.title.to_owned(),
            Self::Denied(error) => error.detail(),
            Self::Db(error) => error.detail(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::Invalid(field) => vec![field.clone()],
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
