use std::time::Duration;

use core_kernel::{DomainError, ErrorKind, ProblemCode};

/// Why the shared state could not be asked or changed. Callers decide what that means: an API limit lets the request pass, a
/// login limit refuses it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// It does not answer, answers with an error, or has no room. What was asked for may have happened nevertheless.
    #[error("the shared state is unavailable: {0}")]
    Unavailable(String),
    /// A value over [`MAX_VALUE_BYTES`](crate::MAX_VALUE_BYTES).
    #[error("a value of {bytes} bytes is too large for short-lived storage")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// The settings cannot work.
    #[error("the shared state is misconfigured: {0}")]
    Misconfigured(String),
}

impl ClusterError {
    /// The catalogue entry of everything that is not the caller's fault.
    pub const UNAVAILABLE: ProblemCode = ProblemCode {
        code: "cluster.unavailable",
        kind: ErrorKind::Unavailable,
        title: "A shared service does not answer",
        advice: "Try again after the time in Retry-After.",
    };
    /// The catalogue entry of a value that is too large.
    pub const TOO_LARGE: ProblemCode = ProblemCode {
        code: "cluster.value_too_large",
        kind: ErrorKind::TooLarge,
        title: "The value is too large",
        advice: "Send less.",
    };
}

impl DomainError for ClusterError {
    fn code(&self) -> &'static ProblemCode {
        match self {
            Self::TooLarge { .. } => &Self::TOO_LARGE,
            Self::Unavailable(_) | Self::Misconfigured(_) => &Self::UNAVAILABLE,
        }
    }

    /// Without the cause, which may name hosts.
    fn detail(&self) -> String {
        match self {
            Self::TooLarge { .. } => self.to_string(),
            Self::Unavailable(_) | Self::Misconfigured(_) => "The shared state does not answer.".to_owned(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        matches!(self, Self::Unavailable(_)).then_some(Duration::from_secs(1))
    }
}
