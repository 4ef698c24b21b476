#![doc = include_str!("../README.md")]

mod audit;
mod audit_chain;
mod checkpoint;
mod config;
mod connect;
mod error;
mod fact;
mod failover;
mod full_text;
mod held;
mod idempotency;
mod insert_one;
mod instances;
mod ledger;
mod owned;
mod page;
mod pools;
pub mod portable;
mod schema;
mod signal;
mod tx;

pub use audit::{AuditEntry, AuditQuery, AuditRow, audit, audit_rows, erase_audit_subject};
pub use audit_chain::{AuditHead, AuditReport, seal_audit, verify_audit};
pub use config::DbConfig;
pub use connect::{Db, Reader};
pub use error::DbError;
pub use fact::{remember_instead, remember_once, remembered};
pub use full_text::{FullText, Hit};
pub use idempotency::{Begin, IdempotencyStore, StoredAnswer};
pub use instances::{HEARTBEAT, Instance};
pub use ledger::{Ledger, LedgerStatus, MigrationState, ledgers_beyond, migrate, pending, revert, status};
pub use owned::{Owned, Scoped, Unscoped, owned, unscoped, visible_to};
pub use page::{after, page};
pub use pools::Pool;
pub use schema::{Columns, ledger};
pub use signal::Signal;
pub use tx::Tx;

pub use sea_orm::DbBackend;
