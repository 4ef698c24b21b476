use std::future::{Ready, ready};

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{FromRequest, HttpRequest, HttpResponse, dev::Payload};
use core_http::Problem;

use crate::Expected;

/// Entity tags of files are the SHA-256 of their content.
pub(super) fn etag(sha256: &str) -> String {
    format!("\"{sha256}\"")
}

/// Puts the tag on an answer.
pub(super) fn tag(response: &mut HttpResponse, sha256: Option<&str>) {
    if let Some(value) = sha256.and_then(|sha256| HeaderValue::from_str(&etag(sha256)).ok()) {
        response.headers_mut().insert(header::ETAG, value);
    }
}

/// What `If-Match` and `If-None-Match: *` say about what a write builds on.
pub(super) struct Precondition(pub(super) Option<Expected>);

impl FromRequest for Precondition {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let wanted = match tags(request, &header::IF_MATCH) {
            None => None,
            Some(tags) if tags.iter().any(|tag| tag == "*") => Some(Expected::Anything),
            Some(tags) => Some(Expected::OneOf(tags)),
        };
        ready(Ok(Self(wanted)))
    }
}

/// True when the client has the content already.
pub(super) fn is_known(request: &HttpRequest, sha256: Option<&str>) -> bool {
    let tags = tags(request, &header::IF_NONE_MATCH).unwrap_or_default();
    sha256.is_some_and(|sha256| tags.iter().any(|tag| tag == "*" || tag == sha256))
}

fn tags(request: &HttpRequest, name: &HeaderName) -> Option<Vec<String>> {
    let mut lines = request.headers().get_all(name).filter_map(|value| value.to_str().ok()).peekable();
    lines.peek()?;
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").trim_matches('"').to_owned();
    Some(lines.flat_map(|line| line.split(',')).map(bare).filter(|tag| !tag.is_empty()).collect())
}
