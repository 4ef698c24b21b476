#![doc = include_str!("../README.md")]

mod actor;
mod api;
mod app;
mod body;
mod check;
mod client_ip;
pub mod codes;
mod context;
mod cors;
mod envelope;
mod extract;
mod form;
#[doc(hidden)]
pub mod fuzz;
mod guard;
mod idempotency;
mod large_bodies;
mod limit;
mod long_work;
mod metrics;
mod mount;
mod openapi;
mod operation;
mod pages;
mod problem;
mod readiness;
mod row;
mod schema;
mod scope;
mod serve;
mod settings;
mod sse;
mod system;

pub use actor::{ActorResolver, Credential, Freshness};
pub use api::{Api, ApiBuilder, ApiDeps, ApiError, ApiInfo};
pub use app::app;
pub use extract::{
    Caller, ClientInfo, CreateOnly, Created, Etagged, IdempotencyKey, IfMatch, Json, LastEventId, MaybeCaller, PageQuery,
    PageResponse, Patch, Path, Query, RecentCaller, RequestId, SessionCookie, etag, nests_deeper_than, parse_json,
};
pub use form::{Form, FormRules, UploadedFile};
pub use long_work::{Accepted, LongWork, Wait, WorkStatus};
pub use metrics::{SECONDS, install_metrics, install_metrics_beside};
pub use mount::{Installed, Mount, MountedOperation, Routes};
pub use operation::Operation;
pub use problem::{PROBLEM_JSON, Problem, status_of};
pub use row::{Access, Answer, AnswerContent, LimitClass, RequestBody, Sunset};
pub use schema::Described;
pub use scope::RequestScope;
pub use serve::{ServeConfig, Served, serve};
pub use settings::{HttpSettings, Limits, Mode, Rate, RateLimits};
pub use sse::{Sse, SseEvent, SseSender, StreamClosed, Streams};
