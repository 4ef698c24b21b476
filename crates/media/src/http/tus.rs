//! What tus 1.0 says in headers (<https://tus.io/protocols/resumable-upload>). Its rules win over those of the API here.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, ResponseError as _};
use core_http::Problem;

use crate::{MediaError, Upload};

pub(super) const VERSION: &str = "1.0.0";
pub(super) const EXTENSIONS: &str = "creation,expiration,checksum,termination";
pub(super) const ALGORITHMS: &str = "sha1,sha256";
pub(super) const OFFSET_STREAM: &str = "application/offset+octet-stream";
pub(super) const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
pub(super) const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
pub(super) const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
pub(super) const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
pub(super) const UPLOAD_CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");
const UPLOAD_EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const MEDIA_ID: HeaderName = HeaderName::from_static("media-id");

pub(super) fn answer(status: StatusCode) -> HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    answer.insert_header((RESUMABLE, VERSION)).insert_header((header::CACHE_CONTROL, "no-store"));
    answer
}

/// The state of an upload.
pub(super) fn state(status: StatusCode, upload: &Upload) -> HttpResponseBuilder {
    let mut answer = answer(status);
    answer.insert_header((UPLOAD_OFFSET, upload.offset)).insert_header((UPLOAD_LENGTH, upload.length));
    let seconds = u64::try_from(upload.expires_at.seconds()).unwrap_or(0);
    let expires = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
    answer.insert_header((UPLOAD_EXPIRES, header::HttpDate::from(expires).to_string()));
    if let Some(media) = upload.media {
        answer.insert_header((MEDIA_ID, media.to_string()));
    }
    answer
}

/// Refuses another version than ours with 412, as tus has it.
pub(super) fn other_version(request: &HttpRequest) -> Option<HttpResponse> {
    let other = || {
        let detail = "The header Tus-Resumable has to say 1.0.0.";
        let mut answer = problem(Problem::new(&core_http::codes::PRECONDITION_FAILED, detail), None);
        answer.headers_mut().insert(HeaderName::from_static("tus-version"), HeaderValue::from_static(VERSION));
        answer
    };
    (text(request, &RESUMABLE) != Some(VERSION)).then(other)
}

pub(super) fn text<'a>(request: &'a HttpRequest, name: &HeaderName) -> Option<&'a str> {
    request.headers().get(name).and_then(|value| value.to_str().ok())
}

/// The problem of an error, under the status that tus gives it.
pub(super) fn refused(error: MediaError) -> HttpResponse {
    let status = match &error {
        MediaError::Expired => Some(StatusCode::GONE),
        MediaError::WrongChecksum => StatusCode::from_u16(460).ok(),
        _ => None,
    };
    problem(Problem::from(error), status)
}

pub(super) fn problem(problem: Problem, status: Option<StatusCode>) -> HttpResponse {
    let mut answer = problem.error_response();
    answer.headers_mut().insert(RESUMABLE, HeaderValue::from_static(VERSION));
    if let Some(status) = status {
        *answer.status_mut() = status;
    }
    answer
}
