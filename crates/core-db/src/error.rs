use core_kernel::{DomainError, ErrorKind, ProblemCode};
use sea_orm::{DbErr, RuntimeErr, SqlErr};

/// What can go wrong at the database, by what a caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The database can't be reached or gave no connection in time.
    #[error("the database is not available")]
    Unavailable(#[source] DbErr),
    /// Others hold what this unit of work needs; it was tried three times.
    #[error("the database is busy")]
    Busy(#[source] DbErr),
    /// A unique value is taken, or a referenced row is not there.
    #[error("the change conflicts with a stored row")]
    Conflict(#[source] DbErr),
    /// No row matched.
    #[error("no such row")]
    NotFound,
    /// The disk is full.
    #[error("the database has no room left")]
    InsufficientStorage(#[source] DbErr),
    /// The connection broke at COMMIT: the change may or may not be there.
    #[error("the outcome of the change is unknown")]
    OutcomeUnknown(#[source] DbErr),
    /// `Db::write` was called inside `Db::write`.
    #[error("a write was begun inside a write")]
    NestedWrite,
    /// A `Tx` outlived its closure; the unit of work was rolled back.
    #[error("a transaction handle outlived its unit of work")]
    EscapedTx,
    /// A stored value that this version can't read.
    #[error("a stored value is not readable: {0}")]
    Corrupt(String),
    /// Sealing or opening a stored value failed.
    #[error("a sealed value could not be opened or made")]
    Sealed(#[source] core_keys::KeyError),
    /// Anything else; a bug.
    #[error("the database refused the statement")]
    Internal(#[source] DbErr),
}

impl DbError {
    /// Catalogue entry of [`DbError::Unavailable`].
    pub const UNAVAILABLE: ProblemCode = ProblemCode {
        code: "database.unavailable",
        kind: ErrorKind::Unavailable,
        title: "The database is not available",
        advice: "Try again after the time in Retry-After; nothing was changed.",
    };
    /// Catalogue entry of [`DbError::Busy`].
    pub const BUSY: ProblemCode = ProblemCode {
        code: "database.busy",
        kind: ErrorKind::Unavailable,
        title: "The database is busy",
        advice: "Try again after the time in Retry-After; nothing was changed.",
    };
    /// Catalogue entry of [`DbError::Conflict`].
    pub const CONFLICT: ProblemCode = ProblemCode {
        code: "database.conflict",
        kind: ErrorKind::Conflict,
        title: "The change conflicts with what is stored",
        advice: "Read the resource again and repeat the change on what is there now.",
    };
    /// Catalogue entry of [`DbError::NotFound`].
    pub const NOT_FOUND: ProblemCode = ProblemCode {
        code: "request.not_found",
        kind: ErrorKind::NotFound,
        title: "Not found",
        advice: "Check the path and the id; what belongs to somebody else answers the same.",
    };
    /// Catalogue entry of [`DbError::InsufficientStorage`].
    pub const INSUFFICIENT_STORAGE: ProblemCode = ProblemCode {
        code: "database.insufficient_storage",
        kind: ErrorKind::InsufficientStorage,
        title: "No room left",
        advice: "Reading still works; the operator has to make room before anything can be written.",
    };
    /// Catalogue entry of [`DbError::OutcomeUnknown`].
    pub const OUTCOME_UNKNOWN: ProblemCode = ProblemCode {
        code: "database.outcome_unknown",
        kind: ErrorKind::Unavailable,
        title: "It is not known whether the change was made",
        advice: "Repeat the request with the same Idempotency-Key, or read the resource to see.",
    };
    /// Catalogue entry of everything else.
    pub const INTERNAL: ProblemCode = ProblemCode {
        code: "internal.database",
        kind: ErrorKind::Internal,
        title: "Something went wrong here",
        advice: "Report the instance of this problem; the cause is in the server's log under it.",
    };

    /// Every entry, for the catalogue.
    pub const CODES: &'static [&'static ProblemCode] = &[
        &Self::UNAVAILABLE,
        &Self::BUSY,
        &Self::CONFLICT,
        &Self::NOT_FOUND,
        &Self::INSUFFICIENT_STORAGE,
        &Self::OUTCOME_UNKNOWN,
        &Self::INTERNAL,
    ];

    /// True when the same unit of work may succeed if it is simply run again.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Busy(_))
    }

    /// True when a unique value was taken.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict(_))
    }
}

impl From<DbErr> for DbError {
    fn from(error: DbErr) -> Self {
        match classify(&error) {
            Class::Unavailable => Self::Unavailable(error),
            Class::Busy => Self::Busy(error),
            Class::Conflict => Self::Conflict(error),
            Class::NotFound => Self::NotFound,
            Class::Full => Self::InsufficientStorage(error),
            Class::Internal => Self::Internal(error),
        }
    }
}

impl From<core_keys::KeyError> for DbError {
    fn from(error: core_keys::KeyError) -> Self {
        Self::Sealed(error)
    }
}

impl DomainError for DbError {
    fn code(&self) -> &'static ProblemCode {
        match self {
            Self::Unavailable(_) => &Self::UNAVAILABLE,
            Self::Busy(_) => &Self::BUSY,
            Self::Conflict(_) => &Self::CONFLICT,
            Self::NotFound => &Self::NOT_FOUND,
            Self::InsufficientStorage(_) => &Self::INSUFFICIENT_STORAGE,
            Self::OutcomeUnknown(_) => &Self::OUTCOME_UNKNOWN,
            Self::NestedWrite | Self::EscapedTx | Self::Corrupt(_) | Self::Sealed(_) | Self::Internal(_) => &Self::INTERNAL,
        }
    }

    fn detail(&self) -> String {
        self.code().title.to_owned()
    }

    fn retry_after(&self) -> Option<std::time::Duration> {
        (self.code().kind == ErrorKind::Unavailable).then_some(std::time::Duration::from_secs(2))
    }
}

enum Class {
    Unavailable,
    Busy,
    Conflict,
    NotFound,
    Full,
    Internal,
}

fn classify(error: &DbErr) -> Class {
    match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => Class::Unavailable,
        DbErr::RecordNotFound(_) | DbErr::RecordNotUpdated => Class::NotFound,
        DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause)) => match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_) | SqlErr::ForeignKeyConstraintViolation(_)) => Class::Conflict,
            _ => classify_driver(cause),
        },
        _ => Class::Internal,
    }
}

fn classify_driver(cause: &sqlx::Error) -> Class {
    match cause {
        sqlx::Error::Database(error) => classify_code(error.code().as_deref().unwrap_or_default()),
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => Class::Unavailable,
        _ => Class::Internal,
    }
}

/// PostgreSQL's `read_only_sql_transaction`: the server is a replica.
pub(crate) fn is_read_only(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause))) = error else { return false };
    matches!(cause.as_ref(), sqlx::Error::Database(error) if error.code().as_deref() == Some("25006"))
}

/// SQLite result codes (<https://www.sqlite.org/rescode.html>) are numbers, PostgreSQL's
/// (<https://www.postgresql.org/docs/current/errcodes-appendix.html>) have five characters: they can't be mistaken.
fn classify_code(code: &str) -> Class {
    match code {
        // SQLITE_BUSY and its extensions, SQLITE_LOCKED; serialization failure, deadlock.
        "5" | "261" | "517" | "773" | "6" | "262" | "518" | "40001" | "40P01" => Class::Busy,
        // SQLITE_FULL; disk_full.
        "13" | "53100" => Class::Full,
        // SQLITE_IOERR family and SQLITE_CANTOPEN are what a vanished disk looks like; too many connections, shutdown, a
        // statement over its time, a replica that became read-only.
        "10" | "14" | "53300" | "57P01" | "57P02" | "57P03" | "57014" | "25006" => Class::Unavailable,
        _ if code.len() == 5 && code.starts_with("08") => Class::Unavailable,
        _ => Class::Internal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_connection_is_unavailable_and_says_when_to_come_back() {
        let error = DbError::from(DbErr::ConnectionAcquire(sea_orm::ConnAcquireErr::Timeout));
        assert_eq!(error.code().kind, ErrorKind::Unavailable);
        assert_eq!(error.retry_after(), Some(std::time::Duration::from_secs(2)));
    }

    #[test]
    fn the_cause_is_never_part_of_the_detail() {
        let error = DbError::from(DbErr::Custom("SELECT secret FROM x".into()));
        assert!(!error.detail().contains("SELECT"));
        assert!(!error.to_string().contains("SELECT"));
    }
}
