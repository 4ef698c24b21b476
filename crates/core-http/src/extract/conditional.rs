use std::future::{Ready, ready};

use actix_web::body::BoxBody;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{FromRequest, HttpRequest, HttpResponse, Responder, ResponseError, dev::Payload};
use serde::Serialize;

use super::json::json_response;
use crate::{Problem, codes};

/// The entity tag of a row's version: `"v3"`.
pub fn etag(version: i64) -> String {
    format!("\"v{version}\"")
}

/// What `If-Match` says about the version that a write is based on (RFC 9110 section 13.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// No header: any version.
    Absent,
    /// `*`: any version, but there must be one.
    Any,
    /// One of these versions. Tags that this server never made match nothing.
    Versions(Vec<i64>),
}

impl IfMatch {
    /// Refuses with 412 unless a row of this version may be written.
    pub fn check(&self, current: i64) -> Result<(), Problem> {
        match self {
            Self::Absent | Self::Any => Ok(()),
            Self::Versions(versions) if versions.contains(&current) => Ok(()),
            Self::Versions(_) => {
                Err(Problem::new(&codes::PRECONDITION_FAILED, format!("The current version is {}.", etag(current))))
            }
        }
    }

    /// The version to put into `WHERE version = ?`; none where the caller does not insist on one.
    pub fn version(&self) -> Option<i64> {
        match self {
            Self::Absent | Self::Any => None,
            // No version is below zero, so a tag that was never made matches no row.
            Self::Versions(versions) => Some(versions.first().copied().unwrap_or(-1)),
        }
    }
}

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(match tags(request, header::IF_MATCH) {
            None => Self::Absent,
            Some(tags) if tags == ["*"] => Self::Any,
            Some(tags) => Self::Versions(tags.iter().filter_map(|tag| version_of(tag)).collect()),
        }))
    }
}

/// True when `If-None-Match: *` says that nothing may be there yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreateOnly(pub bool);

impl FromRequest for CreateOnly {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(tags(request, header::IF_NONE_MATCH).is_some_and(|tags| tags == ["*"]))))
    }
}

fn tags(request: &HttpRequest, name: HeaderName) -> Option<Vec<String>> {
    let mut lines = request.headers().get_all(name).filter_map(|value| value.to_str().ok()).peekable();
    lines.peek()?;
    Some(lines.flat_map(|line| line.split(',')).map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()).collect())
}

/// Proxies that compress turn a strong tag into a weak one, so both name the version.
fn version_of(tag: &str) -> Option<i64> {
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    tag.strip_prefix("\"v")?.strip_suffix('"')?.parse().ok()
}

/// One resource with its version: the answer carries `ETag`, and a GET whose `If-None-Match` names the version is 304.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Etagged<T> {
    /// The row's version.
    pub version: i64,
    /// What is answered.
    pub body: T,
}

impl<T> Etagged<T> {
    /// `body` in this version.
    pub fn new(version: i64, body: T) -> Self {
        Self { version, body }
    }
}

impl<T: Serialize> Responder for Etagged<T> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let known = tags(request, header::IF_NONE_MATCH).unwrap_or_default();
        let unchanged = reads && known.iter().any(|tag| tag == "*" || version_of(tag) == Some(self.version));
        let mut response =
            if unchanged { HttpResponse::NotModified().finish() } else { json_response(StatusCode::OK, &self.body) };
        insert(&mut response, header::ETAG, &etag(self.version));
        response
    }
}

/// A new resource: 201 with `Location`, and `ETag` where it has a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created<T> {
    location: String,
    version: Option<i64>,
    body: T,
}

impl<T> Created<T> {
    /// `body`, to be found at `location` (an absolute path such as `/api/v1/notes/{id}`).
    pub fn at(location: impl Into<String>, body: T) -> Self {
        Self { location: location.into(), version: None, body }
    }

    /// Adds the version.
    pub fn version(mut self, version: i64) -> Self {
        self.version = Some(version);
        self
    }
}

impl<T: Serialize> Responder for Created<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut response = json_response(StatusCode::CREATED, &self.body);
        insert(&mut response, header::LOCATION, &self.location);
        if let Some(version) = self.version {
            insert(&mut response, header::ETAG, &etag(version));
        }
        response
    }
}

fn insert(response: &mut HttpResponse, name: HeaderName, text: &str) {
    match HeaderValue::from_str(text) {
        Ok(value) => {
            response.headers_mut().insert(name, value);
        }
        Err(error) => *response = Problem::internal(error).error_response(),
    }
}
