use std::time::Duration;

use core_kernel::Secret;
use reqwest::Body;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use serde::Serialize;

use crate::{EgressError, Response, trace};

/// The caps of one exchange.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caps {
    pub(crate) connect: Duration,
    pub(crate) total: Duration,
    pub(crate) idle: Duration,
    pub(crate) body_bytes: usize,
}

/// A request in the making. What is wrong with it turns out at [`RequestBuilder::send`].
#[must_use = "nothing happens until it is sent"]
pub struct RequestBuilder {
    request: Result<reqwest::RequestBuilder, EgressError>,
    caps: Caps,
    /// The target may know which trace this belongs to.
    traced: bool,
}

impl RequestBuilder {
    pub(crate) fn new(request: Result<reqwest::RequestBuilder, EgressError>, caps: Caps, traced: bool) -> Self {
        Self { request, caps, traced }
    }

    /// Adds a header.
    pub fn header(self, name: &str, value: &str) -> Self {
        self.with_header(name, value, false)
    }

    /// Adds a header whose value is a secret: it is kept out of `Debug` output.
    pub fn secret_header(self, name: &str, value: &Secret) -> Self {
        self.with_header(name, value.expose(), true)
    }

    /// Adds `Authorization: Bearer <token>` (RFC 6750).
    pub fn bearer(self, token: &Secret) -> Self {
        self.with_header(AUTHORIZATION.as_str(), Secret::new(format!("Bearer {}", token.expose())).expose(), true)
    }

    /// Adds `Authorization: Basic` (RFC 7617).
    pub fn basic(self, user: &str, password: &Secret) -> Self {
        self.map(|request| request.basic_auth(user, Some(password.expose())))
    }

    /// Sends `body` as JSON.
    pub fn json<T: Serialize + ?Sized>(self, body: &T) -> Self {
        self.map(|request| request.json(body))
    }

    /// Sends `body` as it is; set its `Content-Type` by `header`.
    pub fn body(self, body: impl Into<Body>) -> Self {
        self.map(|request| request.body(body))
    }

    /// The most time from now to the last byte of the answer. Set it long for streams, whose silence `idle_timeout` ends.
    pub fn timeout(mut self, total: Duration) -> Self {
        self.caps.total = total;
        self
    }

    /// The most time between two pieces of the answer's body.
    pub fn idle_timeout(mut self, idle: Duration) -> Self {
        self.caps.idle = idle;
        self
    }

    /// The largest body of the answer, in bytes.
    pub fn max_body_bytes(mut self, bytes: usize) -> Self {
        self.caps.body_bytes = bytes;
        self
    }

    /// Sends it and waits for the head of the answer. Any status is an answer. Dropping the future gives the request up.
    pub async fn send(self) -> Result<Response, EgressError> {
        let caps = self.caps;
        let sent = trace::send(self.request?.timeout(caps.total), self.traced).await;
        sent.map(|answer| Response::new(answer, caps)).map_err(|error| EgressError::of(error, caps.connect, caps.total))
    }

    fn with_header(mut self, name: &str, value: &str, sensitive: bool) -> Self {
        let parsed = HeaderName::from_bytes(name.as_bytes()).ok().zip(HeaderValue::from_str(value).ok());
        let Some((parsed_name, mut parsed_value)) = parsed else {
            let problem = format!("the header `{}` has a name or value that HTTP does not allow", name.escape_debug());
            self.request = self.request.and(Err(EgressError::Unusable(problem)));
            return self;
        };
        parsed_value.set_sensitive(sensitive);
        self.map(|request| request.header(parsed_name, parsed_value))
    }

    fn map(self, change: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder) -> Self {
        Self { request: self.request.map(change), ..self }
    }
}

impl std::fmt::Debug for RequestBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RequestBuilder").field("caps", &self.caps).finish_non_exhaustive()
    }
}
