use std::time::Duration;

use core_kernel::{Denied, DomainError, FieldError, PortError, ProblemCode};

use crate::ExtractFault;

/// The problem catalogue of source code.
pub mod codes {
    core_kernel::problem_codes! {
        /// A field breaks a rule.
        INVALID = "code.invalid", Invalid, "The input breaks a rule",
            "Each entry of `errors` points at a field and says what is expected there.";
        /// No language, none known here.
        UNKNOWN_LANGUAGE = "code.unknown_language", Unsupported, "The language is not known",
            "Send `language` or a `path` with an ending; GET /api/v1/code/languages lists what is read here.";
        /// Over its time.
        TOO_SLOW = "code.too_slow", Invalid, "Reading the source took too long",
            "Send a part of it.";
        /// Over its size.
        TOO_LARGE = "code.too_large", TooLarge, "The source is larger than is read",
            "Send a part of it.";
        /// No text.
        NOT_TEXT = "code.not_text", Unsupported, "The file is not text in UTF-8",
            "Convert it, or send its text as `code`.";
        /// A file of secrets.
        SECRET_FILE = "code.secret_file", Forbidden, "Files that hold secrets are not sent to a model",
            "Name another file.";
        /// No such template.
        UNKNOWN_TEMPLATE = "code.unknown_template", Invalid, "There is no such prompt",
            "Use explain, summarise, review, document, test or refactor.";
        /// No model behind the port.
        NO_MODEL = "code.no_model", Unavailable, "No language model is configured",
            "Ask the operator to configure one. Context, summaries, explanations and maps work without.";
        /// No workspaces behind the port.
        NO_WORKSPACES = "code.no_workspaces", Unavailable, "This server has no workspaces",
            "Send the source as `code`.";
        /// No such file.
        NOT_FOUND = "code.not_found", NotFound, "There is no such file",
            "GET the workspace's entries to see what is there.";
        /// Too much at once.
        BUSY = "code.busy", Unavailable, "Too much source is being read",
            "Try again after the time in Retry-After.";
        /// Our fault.
        INTERNAL = "code.internal", Internal, "Something went wrong here",
            "Report the instance of this problem; the cause is in the server's log under it.";
    }
}

/// What can go wrong with source code.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// Fields break rules.
    #[error("the input breaks a rule")]
    Invalid(Vec<FieldError>),
    /// Everything whose detail is a fixed sentence.
    #[error("{}", .0.title)]
    Plain(&'static ProblemCode),
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// A right is missing.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// A task of ours died.
    #[error("a task ended unexpectedly")]
    Lost,
}

impl CodeError {
    pub(crate) fn field(pointer: &str, code: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(pointer, code, message)])
    }
}

impl From<ExtractFault> for CodeError {
    fn from(fault: ExtractFault) -> Self {
        Self::Plain(match fault {
            ExtractFault::TooSlow | ExtractFault::TooDeep => &codes::TOO_SLOW,
            ExtractFault::NotText => &codes::NOT_TEXT,
            ExtractFault::TooLarge => &codes::TOO_LARGE,
            ExtractFault::Grammar => &codes::INTERNAL,
        })
    }
}

impl From<tokio::task::JoinError> for CodeError {
    fn from(_: tokio::task::JoinError) -> Self {
        Self::Lost
    }
}

impl DomainError for CodeError {
    fn code(&self) -> &'static ProblemCode {
        match self {
            Self::Invalid(_) => &codes::INVALID,
            Self::Plain(code) => code,
            Self::Port(error) => error.cause().code(),
            Self::Denied(error) => error.code(),
            Self::Lost => &codes::INTERNAL,
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::Port(error) => error.cause().detail(),
            Self::Denied(error) => error.detail(),
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
        if let Self::Port(error) = self { error.cause().retry_after() } else { None }
    }
}
