use std::error::Error as _;
use std::time::Duration;

use core_kernel::{DomainError, ErrorKind, ProblemCode};

/// Why there is no answer. No variant carries the URL, a header or a body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EgressError {
    /// The URL is not one that this kind of target may have. Nothing was sent.
    #[error("the address is refused: {reason}")]
    Refused {
        /// Which rule it breaks.
        reason: String,
    },
    /// The request cannot be built. Nothing was sent.
    #[error("the request is unusable: {0}")]
    Unusable(String),
    /// No connection: unknown name, nothing listening, bad certificate.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// A time cap was reached.
    #[error("no answer within {} ms ({phase})", limit.as_millis())]
    Timeout {
        /// Which cap: `connect`, `total` or `idle`.
        phase: &'static str,
        /// The cap.
        limit: Duration,
    },
    /// The body is larger than the cap.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The cap.
        limit: usize,
    },
    /// The connection broke, or what came is not HTTP.
    #[error("the exchange broke: {0}")]
    Broken(String),
    /// The body is not the JSON that was expected.
    #[error("the answer is not the expected JSON: {0}")]
    Json(String),
    /// The client cannot be built.
    #[error("outgoing HTTP cannot be set up: {0}")]
    SetUp(String),
}

impl EgressError {
    /// The catalogue entry of refused and unusable addresses.
    pub const REFUSED: ProblemCode = ProblemCode {
        code: "egress.address_refused",
        kind: ErrorKind::Invalid,
        title: "The address is not allowed",
        advice: "Use an https address that is reachable from the public internet.",
    };
    /// The catalogue entry of everything that the other side did wrong.
    pub const UPSTREAM: ProblemCode = ProblemCode {
        code: "egress.upstream_failed",
        kind: ErrorKind::Upstream,
        title: "Another service failed",
        advice: "Try again later; if it stays, check that the service works.",
    };

    /// True when nothing of the request can have reached the other side, so that repeating it is safe.
    pub fn nothing_was_sent(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Unusable(_) | Self::Connect(_) | Self::SetUp(_))
            || matches!(self, Self::Timeout { phase: "connect", .. })
    }

    /// What a reqwest error means here, with the URL taken out.
    pub(crate) fn of(error: reqwest::Error, connect: Duration, total: Duration) -> Self {
        let error = error.without_url();
        if let Some(refusal) = refusal(&error) {
            return refusal.clone();
        }
        if error.is_timeout() {
            return if error.is_connect() {
                Self::Timeout { phase: "connect", limit: connect }
            } else {
                Self::Timeout { phase: "total", limit: total }
            };
        }
        let cause = innermost(&error);
        if error.is_connect() {
            Self::Connect(cause)
        } else if error.is_builder() {
            Self::Unusable(cause)
        } else if error.is_redirect() {
            Self::Refused { reason: cause }
        } else {
            Self::Broken(cause)
        }
    }
}

/// The resolver's own verdict, which travels through reqwest as a cause.
fn refusal(error: &reqwest::Error) -> Option<&EgressError> {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(refusal) = inner.downcast_ref::<EgressError>() {
            return Some(refusal);
        }
        cause = inner.source();
    }
    None
}

fn innermost(error: &reqwest::Error) -> String {
    let mut last: &dyn std::error::Error = error;
    while let Some(inner) = last.source() {
        last = inner;
    }
    last.to_string()
}

impl From<url::ParseError> for EgressError {
    fn from(error: url::ParseError) -> Self {
        Self::Refused { reason: error.to_string() }
    }
}

impl DomainError for EgressError {
    fn code(&self) -> &'static ProblemCode {
        match self {
            Self::Refused { .. } | Self::Unusable(_) => &Self::REFUSED,
            _ => &Self::UPSTREAM,
        }
    }

    /// Without what the other side or the network said, which may name internal hosts.
    fn detail(&self) -> String {
        match self {
            Self::Refused { .. } | Self::Timeout { .. } | Self::TooLarge { .. } => self.to_string(),
            Self::Unusable(_) => "The request to the other service cannot be built.".to_owned(),
            Self::Connect(_) => "The other service cannot be reached.".to_owned(),
            Self::Broken(_) | Self::Json(_) => "The other service gave no usable answer.".to_owned(),
            Self::SetUp(_) => "Outgoing HTTP is not set up.".to_owned(),
        }
    }
}
