use std::time::Duration;

use core_db::DbError;
use core_kernel::{Denied, DomainError, FieldError, PortError, ProblemCode};

use crate::{PathFault, RootFault};

/// The problem catalogue of files.
pub mod codes {
    core_kernel::problem_codes! {
        /// A field breaks a rule.
        INVALID = "files.invalid", Invalid, "The input breaks a rule",
            "Each entry of `errors` points at a field and says what is expected there.";
        /// No such workspace for this caller.
        NO_WORKSPACE = "files.workspace_not_found", NotFound, "There is no such workspace",
            "Check the id, and for which space the request acts.";
        /// No such file in the workspace.
        NOT_FOUND = "files.not_found", NotFound, "There is no such file",
            "GET the workspace's entries to see what is there; names are case-sensitive.";
        /// A link that is not followed.
        ESCAPES = "files.link_not_followed", Forbidden, "The path leads through a link that is not followed",
            "Name the file by its own path; links that lead out of a workspace are never followed.";
        /// No regular file.
        NOT_A_FILE = "files.not_a_file", Unsupported, "It is not a regular file",
            "Directories are read with the workspace's entries; pipes, sockets and devices are never opened.";
        /// Something is there already.
        EXISTS = "files.exists", Conflict, "There is something of this name already",
            "To replace a file, send its ETag as If-Match; to keep it, use another name.";
        /// Changed since it was read.
        CHANGED = "files.changed", PreconditionFailed, "The file has changed",
            "Read it again and repeat the change on what is there now.";
        /// No text.
        BINARY = "files.binary", Unsupported, "The file is not text",
            "GET the workspace's raw content for the bytes.";
        /// Over a size.
        TOO_LARGE = "files.too_large", TooLarge, "It is larger than is served",
            "Ask for a part by lines or bytes, or GET the raw content.";
        /// Over the workspace's sizes.
        WORKSPACE_FULL = "files.workspace_full", InsufficientStorage, "The workspace has no room for it",
            "Delete what is not needed, or use another workspace.";
        /// The operator allowed reading only.
        READ_ONLY = "files.read_only", Forbidden, "The workspace can only be read",
            "The operator marks directories that may be written.";
        /// The operating system refuses.
        FORBIDDEN = "files.forbidden", Forbidden, "The server may not read or write it",
            "The operator has to let the server's user do it.";
        /// No such directory of the operator.
        NO_ROOT = "files.root_unknown", Invalid, "The operator allows no directory of this name",
            "Ask the operator which names `files.roots` has.";
        /// The archive as a whole.
        ARCHIVE_REFUSED = "files.archive_refused", Invalid, "The archive is refused",
            "The detail says why. Nothing of it was stored.";
        /// A token that was not made here, or is too old.
        CHOICE_INVALID = "files.choice_invalid", Invalid, "The choice can't be taken",
            "Ask for choices again and answer with one of them.";
        /// Too much at once.
        BUSY = "files.busy", Unavailable, "Too much is being searched",
            "Try again after the time in Retry-After.";
        /// The directory does not hold still.
        UNSTEADY = "files.unsteady", Unavailable, "The directory changes too fast",
            "Try again when nobody moves directories about.";
        /// Nobody finds sections here.
        NO_SECTIONS = "files.sections_unavailable", Unavailable, "This server finds no sections",
            "Search without `sections`, or ask the operator to switch on the `code` feature (port `Sections`).";
        /// The store of blobs.
        STORE_UNAVAILABLE = "files.store_unavailable", Unavailable, "The store of contents does not answer",
            "Try again later; nothing was changed.";
        /// The disk is full.
        NO_ROOM = "files.no_room", InsufficientStorage, "There is no room left",
            "The operator has to make room.";
        /// Our fault.
        INTERNAL = "files.internal", Internal, "Something went wrong here",
            "Report the instance of this problem; the cause is in the server's log under it.";
    }
}

/// What can go wrong with files.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// Fields break rules.
    #[error("the input breaks a rule")]
    Invalid(Vec<FieldError>),
    /// A path that is none.
    #[error("`{pointer}`: {fault}")]
    Path {
        /// JSON pointer to it.
        pointer: String,
        /// Why.
        fault: PathFault,
    },
    /// Everything whose detail is a fixed sentence.
    #[error("{}", .0.title)]
    Plain(&'static ProblemCode),
    /// A fixed problem with more to say.
    #[error("{}: {detail}", .code.title)]
    Told {
        /// The catalogue entry.
        code: &'static ProblemCode,
        /// What is safe to send.
        detail: String,
    },
    /// A file of a root.
    #[error(transparent)]
    Root(#[from] RootFault),
    /// The store of blobs failed.
    #[error("the store of contents failed")]
    Store(#[source] object_store::Error),
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// A right is missing.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// A task of ours died.
    #[error("a task ended unexpectedly")]
    Lost,
}

impl FilesError {
    /// One field that breaks a rule.
    pub(crate) fn field(pointer: &str, code: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(pointer, code, message)])
    }

    pub(crate) fn told(code: &'static ProblemCode, detail: impl Into<String>) -> Self {
        Self::Told { code, detail: detail.into() }
    }
}

impl From<object_store::Error> for FilesError {
    fn from(error: object_store::Error) -> Self {
        Self::Store(error)
    }
}

impl From<tokio::task::JoinError> for FilesError {
    fn from(_: tokio::task::JoinError) -> Self {
        Self::Lost
    }
}

impl From<std::io::Error> for FilesError {
    fn from(error: std::io::Error) -> Self {
        Self::Root(error.into())
    }
}

fn of_root(fault: &RootFault) -> &'static ProblemCode {
    match fault {
        RootFault::NotFound | RootFault::BadName => &codes::NOT_FOUND,
        RootFault::Escapes => &codes::ESCAPES,
        RootFault::NotAFile(_) => &codes::NOT_A_FILE,
        RootFault::Exists => &codes::EXISTS,
        RootFault::Forbidden => &codes::FORBIDDEN,
        RootFault::Unsteady => &codes::UNSTEADY,
        RootFault::NoRoom => &codes::NO_ROOM,
        RootFault::Io(_) => &codes::INTERNAL,
    }
}

impl DomainError for FilesError {
    fn code(&self) -> &'static ProblemCode {
        match self {
            Self::Invalid(_) | Self::Path { .. } => &codes::INVALID,
            Self::Plain(code) | Self::Told { code, .. } => code,
            Self::Root(fault) => of_root(fault),
            Self::Store(_) => &codes::STORE_UNAVAILABLE,
            Self::Port(error) => error.cause().code(),
            Self::Denied(error) => error.code(),
            Self::Db(error) => error.code(),
            Self::Lost => &codes::INTERNAL,
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::Told { detail, .. } => detail.clone(),
            Self::Root(RootFault::NotAFile(what)) => format!("It is {what}."),
            Self::Port(error) => error.cause().detail(),
            Self::Denied(error) => error.detail(),
            Self::Db(error) => error.detail(),
            other => other.code().title.to_owned(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::Invalid(fields) => fields.clone(),
            Self::Path { pointer, fault } => vec![FieldError::new(pointer.clone(), fault.word(), fault.to_string())],
            Self::Port(error) => error.cause().fields(),
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
