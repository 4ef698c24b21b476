use std::ops::Range;

use actix_web::body::SizedStream;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use core_http::{Operation, Problem};
use futures_util::TryStreamExt as _;

use crate::service::Picked;
use crate::{Accepts, Content, Format, codes};

/// What every operation that serves bytes says of itself.
pub(super) fn documented(operation: Operation) -> Operation {
    operation
        .header("If-None-Match", "304 when it names the entity tag of what is served.")
        .header("Range", "One range of bytes: 206, or 416.")
        .answers_raw(200, "image/*", "The picture: JPEG, PNG, GIF, or what `Accept` names of AVIF and WebP")
        .answers_raw(206, "image/*", "A part of the picture")
        .answers_empty(304, "Not modified")
        .answers_empty(412, "If-Match names another content")
        .answers_empty(416, "The range lies outside")
        .problems(&[&codes::NOT_READY, &codes::STORE_UNAVAILABLE])
}

/// Which formats the client names; a mere `*/*` is not a promise that it can show them.
pub(super) fn accepts(request: &HttpRequest) -> Accepts {
    let accept = text(request.headers(), header::ACCEPT).unwrap_or_default();
    let names = |format: Format| {
        let kind = accept.split(',').find(|kind| kind.trim_start().starts_with(format.mime()));
        kind.is_some_and(|kind| !kind.replace(' ', "").ends_with(";q=0"))
    };
    Accepts { avif: names(Format::Avif), webp: names(Format::Webp) }
}

/// The bytes with everything that RFC 9110 asks of conditional and range requests.
pub(super) async fn serve(content: &dyn Content, request: &HttpRequest, picked: Picked) -> Result<HttpResponse, Problem> {
    let (tag, length) = (format!("\"{}\"", picked.variant.sha256), picked.variant.bytes);
    let asked = request.headers();
    if text(asked, header::IF_MATCH).is_some_and(|tags| !names(&tags, &tag)) {
        return Ok(headed(StatusCode::PRECONDITION_FAILED, &picked, &tag).finish());
    }
    if text(asked, header::IF_NONE_MATCH).is_some_and(|tags| names(&tags, &tag)) {
        return Ok(headed(StatusCode::NOT_MODIFIED, &picked, &tag).finish());
    }
    let fresh = text(asked, header::IF_RANGE).is_none_or(|wanted| wanted == tag);
    let reads_part = *request.method() == Method::GET && fresh;
    let part = text(asked, header::RANGE).filter(|_| reads_part).map_or(Part::Whole, |range| part(&range, length));
    let (status, range) = match part {
        Part::Whole => (StatusCode::OK, 0..length),
        Part::Some(range) => (StatusCode::PARTIAL_CONTENT, range),
        Part::Outside => {
            let mut answer = headed(StatusCode::RANGE_NOT_SATISFIABLE, &picked, &tag);
            return Ok(answer.insert_header((header::CONTENT_RANGE, format!("bytes */{length}"))).finish());
        }
    };
    let mut answer = headed(status, &picked, &tag);
    if status == StatusCode::PARTIAL_CONTENT {
        answer.insert_header((header::CONTENT_RANGE, format!("bytes {}-{}/{length}", range.start, range.end - 1)));
    }
    let bytes = range.end - range.start;
    let chunks = content.read(&picked, (bytes != length).then_some(range)).await?;
    Ok(answer.body(SizedStream::new(bytes, chunks.map_err(actix_web::error::ErrorInternalServerError))))
}

fn headed(status: StatusCode, picked: &Picked, tag: &str) -> actix_web::HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    answer
        .content_type(picked.variant.format.mime())
        .insert_header((header::ETAG, tag))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"))
        .insert_header((header::CONTENT_DISPOSITION, disposition(picked)))
        .insert_header((header::CACHE_CONTROL, caching(picked)));
    let everywhere = if picked.link_expires_at.is_some() { "cross-origin" } else { "same-origin" };
    answer.insert_header((HeaderName::from_static("cross-origin-resource-policy"), everywhere));
    if picked.media.negotiates() {
        answer.append_header((header::VARY, "Accept"));
    }
    answer
}

/// What a link shows never changes while it works; what needs a credential is kept by nobody.
fn caching(picked: &Picked) -> String {
    match picked.link_expires_at {
        // A day at most: a picture that is deleted is not to live on for long in caches.
        Some(_) => "public, max-age=86400, immutable".to_owned(),
        None => "private, no-store".to_owned(),
    }
}

/// Shown in place, under the client's name for it (RFC 8187).
fn disposition(picked: &Picked) -> HeaderValue {
    let stem =
        picked.media.file_name.as_deref().and_then(|name| name.rsplit_once('.').map_or(Some(name), |(stem, _)| Some(stem)));
    let name = format!("{}.{}", stem.unwrap_or("picture"), picked.variant.format.as_str());
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte);
    let encoded = name.bytes().fold(String::new(), |text, byte| {
        if plain(byte) { text + char::from(byte).encode_utf8(&mut [0; 4]) } else { text + &format!("%{byte:02X}") }
    });
    HeaderValue::from_str(&format!("inline; filename*=UTF-8''{encoded}")).unwrap_or(HeaderValue::from_static("inline"))
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn names(tags: &str, tag: &str) -> bool {
    tags.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Whole,
    Some(Range<u64>),
    Outside,
}

/// One range of bytes (RFC 9110 section 14.2). Anything else, several ranges included, is answered with the whole.
fn part(range: &str, length: u64) -> Part {
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|range| range.trim().split_once('-')) else {
        return Part::Whole;
    };
    let range = match (first.trim().parse::<u64>(), last.trim().parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(length),
        (Ok(first), Err(_)) if last.trim().is_empty() => first..length,
        (Err(_), Ok(last)) if first.trim().is_empty() => length.saturating_sub(last)..length,
        _ => return Part::Whole,
    };
    if range.start >= range.end { Part::Outside } else { Part::Some(range) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_a_part_outside_or_nothing_at_all() {
        assert_eq!(part("bytes=0-9", 100), Part::Some(0..10));
        assert_eq!(part("bytes=90-", 100), Part::Some(90..100));
        assert_eq!(part("bytes=-10", 100), Part::Some(90..100));
        assert_eq!(part("bytes=90-200", 100), Part::Some(90..100));
        assert_eq!(part("bytes=100-", 100), Part::Outside);
        assert_eq!(part("bytes=-0", 100), Part::Outside);
        for whole in ["bytes=0-1,5-6", "bytes=9-1", "items=0-9", "bytes=", "bytes=a-b", "bytes=-"] {
            assert_eq!(part(whole, 100), Part::Whole, "{whole}");
        }
    }
}
