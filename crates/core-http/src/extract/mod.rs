//! What handlers take: each one refuses bad input with the right problem.

mod caller;
mod client;
mod conditional;
mod cookie;
mod depth;
mod json;
mod objects;
mod page;
mod patch;
mod path;
mod pointer;
mod query;

pub(crate) use caller::authenticate;
pub use caller::{Caller, MaybeCaller, RecentCaller};
pub use client::{ClientInfo, IdempotencyKey, LastEventId, RequestId};
pub use conditional::{CreateOnly, Created, Etagged, IfMatch, etag};
pub use cookie::SessionCookie;
pub(crate) use cookie::writes;
pub use depth::nests_deeper_than;
pub(crate) use json::json_response;
pub use json::{Json, parse_json};
pub use page::{PageQuery, PageResponse};
pub use patch::Patch;
pub use path::Path;
pub use query::Query;
pub(crate) use query::refuse_unknown;
