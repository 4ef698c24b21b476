use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, HttpResponseBuilder};

use crate::{HttpSettings, Mode};

const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
const HEADERS: &str = "Accept, Accept-Language, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, \
                       Tus-Resumable, Upload-Checksum, Upload-Length, Upload-Metadata, Upload-Offset, X-CSRF-Token, X-Org-Id, X-Request-Id";
const EXPOSED: &str = "Brickwork-Cost-Micros, Brickwork-Generation-Id, Brickwork-Overhead-Ms, Content-Language, ETag, \
                       Idempotency-Replayed, Location, Media-Id, RateLimit, RateLimit-Policy, Retry-After, Server-Timing, \
                       Tus-Checksum-Algorithm, Tus-Extension, Tus-Max-Size, Tus-Resumable, Tus-Version, Upload-Expires, Upload-Length, \
                       Upload-Metadata, Upload-Offset, X-Request-Id";
/// How long browsers may remember a preflight, in seconds.
const MAX_AGE: &str = "600";

/// The origin of the request, when scripts from there may read the answer.
pub(crate) fn allowed_origin(settings: &HttpSettings, headers: &HeaderMap) -> Option<HeaderValue> {
    let value = headers.get(header::ORIGIN)?;
    let origin = value.to_str().ok()?;
    let listed = settings.cors_origins.iter().any(|allowed| allowed == origin);
    (listed || (settings.mode != Mode::Production && is_localhost(origin))).then(|| value.clone())
}

fn is_localhost(origin: &str) -> bool {
    let Ok(url) = url::Url::parse(origin) else { return false };
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// True for the question that browsers ask before a request of their own (Fetch standard, CORS preflight).
pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    *method == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

pub(crate) fn preflight(origin: Option<HeaderValue>) -> HttpResponse {
    let mut answer = HttpResponseBuilder::new(StatusCode::NO_CONTENT);
    if origin.is_some() {
        answer.insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, METHODS));
        answer.insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS));
        answer.insert_header((header::ACCESS_CONTROL_MAX_AGE, MAX_AGE));
    }
    answer.finish()
}

pub(crate) fn write_headers(origin: HeaderValue, headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(mode: Mode, origin: &str) -> bool {
        let settings = HttpSettings { mode, cors_origins: vec!["https://app.example.com".to_owned()], ..HttpSettings::default() };
        let mut headers = HeaderMap::new();
        headers.insert(header::ORIGIN, HeaderValue::from_str(origin).unwrap());
        allowed_origin(&settings, &headers).is_some()
    }

    #[test]
    fn pages_of_other_origins_may_speak_tus() {
        // What the protocol has (https://tus.io/protocols/resumable-upload), and the address and the picture of an upload.
        for name in ["Location", "Media-Id", "Tus-Resumable", "Tus-Version", "Tus-Extension", "Tus-Max-Size", "Upload-Expires"] {
            assert!(EXPOSED.split(", ").any(|exposed| exposed == name), "{name}");
        }
        for name in ["Tus-Resumable", "Upload-Length", "Upload-Metadata", "Upload-Offset"] {
            assert!([HEADERS, EXPOSED].iter().all(|list| list.split(", ").any(|listed| listed == name)), "{name}");
        }
    }

    #[test]
    fn development_allows_localhost_and_production_only_the_list() {
        for origin in ["http://localhost:3000", "http://127.0.0.1:5173", "http://[::1]:8000"] {
            assert!(allows(Mode::Development, origin), "{origin}");
            assert!(!allows(Mode::Production, origin), "{origin}");
        }
        assert!(allows(Mode::Production, "https://app.example.com"));
        for origin in ["https://localhost.evil.example", "https://app.example.com.evil.example", "null"] {
            assert!(!allows(Mode::Development, origin), "{origin}");
        }
    }
}
