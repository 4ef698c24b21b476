//! Ids, time, actors, permissions, pages, errors and secrets: what every crate of the workspace shares.
//!
//! Nothing in here knows the web or a database. Time, ids and randomness are ports ([`Clock`], [`Ids`], [`Rng`]), so that a
//! test can freeze, count and replay them.

mod actor;
mod ambient;
mod error;
mod id;
mod page;
mod permission;
mod secret;
mod time;

pub use actor::{Actor, ActorKind, Denied, Owner, SessionRef, UserId, Visibility};
pub use ambient::{Ambient, Clock, Ids, OsRng, Rng, SystemClock, TimeOrderedIds};
pub use error::{DomainError, ErrorKind, FieldError, ProblemCode};
pub use page::{CursorKey, Order, Page, PageRequest};
pub use permission::{OrgRole, Permission, PermissionSet};
pub use secret::Secret;
pub use time::Timestamp;

#[doc(hidden)]
pub use uuid::Uuid as __Uuid;
