#![doc = include_str!("../README.md")]

mod actor;
mod ambient;
mod comma_list;
mod error;
mod hex;
mod id;
mod json;
mod page;
mod permission;
mod port;
mod secret;
mod time;
mod trace;

pub use actor::{Actor, ActorKind, Denied, Owner, SessionRef, UserId, Visibility};
pub use ambient::{Ambient, Clock, Ids, OsRng, Rng, SystemClock, TimeOrderedIds};
pub use comma_list::comma_list;
pub use error::{DomainError, ErrorKind, FieldError, ProblemCode};
pub use hex::hex;
pub use json::{holds_nul, members_hold_nul};
pub use page::{CursorKey, Order, Page, PageRequest};
pub use permission::{OrgRole, Permission, PermissionSet};
pub use port::PortError;
pub use secret::Secret;
pub use time::Timestamp;
pub use trace::{NoTraceparent, Sampling, SpanId, TraceContext, TraceId};

#[doc(hidden)]
pub use uuid::Uuid as __Uuid;
