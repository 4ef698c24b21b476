use std::future::{Ready, ready};
use std::net::IpAddr;
use std::ops::Deref;

use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use uuid::Uuid;

use crate::Problem;
use crate::context::RequestContext;

/// From where the request comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientInfo {
    /// The client's address, seen through trusted proxies only.
    pub ip: IpAddr,
    /// `User-Agent`, at most 256 characters.
    pub user_agent: Option<String>,
}

impl FromRequest for ClientInfo {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(RequestContext::of(request).map(|context| {
            let agent = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
            Self { ip: context.client_ip(request), user_agent: agent.map(|text| text.chars().take(256).collect()) }
        }))
    }
}

/// The id of the request, as in `X-Request-Id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId(pub Uuid);

impl FromRequest for RequestId {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(RequestContext::of(request).map(|context| Self(context.request_id)))
    }
}

/// The `Idempotency-Key` of the request, checked and bound to its caller, method and path. Streamed operations look up with it
/// what an earlier request began, and attach to that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// Caller, method and path in one text.
    pub scope: String,
    /// The header's value: 1 to 255 visible ASCII characters.
    pub key: String,
    /// SHA-256 over content type, query and body.
    pub fingerprint: [u8; 32],
}

impl FromRequest for IdempotencyKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let key = RequestContext::of(request).and_then(|context| {
            let key = context.idempotency.get().cloned();
            key.ok_or_else(|| Problem::new(&crate::codes::MALFORMED, "The request carries no Idempotency-Key."))
        });
        ready(key)
    }
}

/// `Last-Event-ID`: where a client that lost its event stream wants to go on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastEventId(pub Option<String>);

impl FromRequest for LastEventId {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let value = request.headers().get("last-event-id").and_then(|value| value.to_str().ok());
        ready(Ok(Self(value.filter(|text| text.len() <= 256).map(str::to_owned))))
    }
}

impl Deref for LastEventId {
    type Target = Option<String>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}
