//! All rows of a database in a form that either engine can take: for moving from SQLite to PostgreSQL, for backups and for
//! bringing them back.
//!
//! A [`Snapshot`] reads every table as of one moment, an [`Intake`] fills a database without tables and remembers
//! how far it came, and [`Digest`]s show that both hold the same rows. [`Dump`] is the form in files. Secrets stay sealed on the
//! way: whoever reads the copy needs the master key of the original.

mod digest;
mod dump;
mod intake;
mod snapshot;
mod table;
mod transfer;

pub use digest::Digest;
pub use dump::{Dump, Manifest};
pub use intake::Intake;
pub use snapshot::{Batches, Row, Snapshot};
pub use table::Table;
pub use transfer::{Moved, copy, dump, restore, verify};

use crate::DbError;

/// Why rows could not be carried over. What was carried before stays; the same call goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum PortableError {
    /// One of the databases failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// A file of the dump could not be read or written.
    #[error("a file of the dump can't be used")]
    File(#[from] std::io::Error),
    /// It can't be done, and why; what to do about it.
    #[error("{0}")]
    Refused(String),
    /// Both sides do not hold the same.
    #[error("{0}")]
    Differs(String),
}

impl From<sea_orm::DbErr> for PortableError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Db(error.into())
    }
}

impl From<serde_json::Error> for PortableError {
    fn from(error: serde_json::Error) -> Self {
        Self::Refused(format!("the dump is damaged: {error}"))
    }
}
