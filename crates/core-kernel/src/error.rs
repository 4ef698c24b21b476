use std::borrow::Cow;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a caller can do about an error. core-http maps each kind to one status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// Not readable at all: 400.
    Malformed,
    /// Nobody is signed in: 401.
    Unauthenticated,
    /// A budget is spent: 402.
    BudgetSpent,
    /// Signed in, but without the right: 403.
    Forbidden,
    /// Not there, or somebody else's: 404.
    NotFound,
    /// Clashes with what is there: 409.
    Conflict,
    /// Changed since it was read: 412.
    PreconditionFailed,
    /// Over a size limit: 413.
    TooLarge,
    /// A type that is not served: 415.
    Unsupported,
    /// Readable but against a rule: 422.
    Invalid,
    /// Too often: 429.
    RateLimited,
    /// Our fault: 500.
    Internal,
    /// A provider's fault: 502.
    Upstream,
    /// Not now: 503.
    Unavailable,
    /// No room: 507.
    InsufficientStorage,
}

/// An entry of the problem catalogue: what a stable code means and what to do about it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct ProblemCode {
    /// `feature.snake_case`, stable.
    pub code: &'static str,
    /// What the caller can do about it.
    pub kind: ErrorKind,
    /// The same short sentence every time.
    pub title: &'static str,
    /// What to do.
    pub advice: &'static str,
}

/// Declares the problem codes of a feature, and `ALL` of them for the catalogue.
///
/// ```
/// core_kernel::problem_codes! {
///     /// No such note.
///     NOT_FOUND = "notes.not_found", NotFound, "There is no such note", "Check the id.";
/// }
/// assert_eq!(ALL, [&NOT_FOUND]);
/// ```
#[macro_export]
macro_rules! problem_codes {
    ($($(#[$meta:meta])* $name:ident = $code:literal, $kind:ident, $title:literal, $advice:literal;)*) => {
        $($(#[$meta])*
        pub const $name: $crate::ProblemCode = $crate::ProblemCode {
            code: $code,
            kind: $crate::ErrorKind::$kind,
            title: $title,
            advice: $advice,
        };)*

        /// Every entry of this module.
        pub const ALL: &[&$crate::ProblemCode] = &[$(&$name),*];
    };
}

/// One field of a request that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// JSON pointer (RFC 6901) to the field.
    pub pointer: String,
    /// Stable word for the rule.
    pub code: Cow<'static, str>,
    /// The rule, for people.
    pub message: String,
}

impl FieldError {
    /// A broken rule at `pointer`.
    pub fn new(pointer: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code: Cow::Borrowed(code), message: message.into() }
    }
}

/// What every feature's error tells the layer above. The cause stays inside: it is logged once and never sent.
pub trait DomainError: std::error::Error + Send + Sync + 'static {
    /// The catalogue entry of this error.
    fn code(&self) -> &'static ProblemCode;

    /// This occurrence in a sentence that is safe to send: no cause, no SQL, no secret.
    fn detail(&self) -> String;

    /// The fields at fault, where there are some.
    fn fields(&self) -> Vec<FieldError> {
        Vec::new()
    }

    /// When trying again makes sense.
    fn retry_after(&self) -> Option<Duration> {
        None
    }

    /// Further members of the problem document (RFC 9457 section 3.2), such as `resets_at`.
    fn extensions(&self) -> serde_json::Map<String, serde_json::Value> {
        serde_json::Map::new()
    }
}
