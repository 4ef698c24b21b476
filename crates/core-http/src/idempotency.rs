use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::{BodySize, BoxBody, MessageBody, to_bytes_limited};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpResponse};
use aws_lc_rs::digest;
use bytes::Bytes;
use core_db::{Begin, StoredAnswer};
use core_kernel::ActorKind;

use crate::context::RequestContext;
use crate::mount::MountedOperation;
use crate::{Api, IdempotencyKey, Problem, RequestBody, RequestScope, body, client_ip, codes, guard};

/// `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07).
pub(crate) const HEADER: &str = "idempotency-key";
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// How long an outcome is kept.
const KEPT_FOR: Duration = Duration::from_hours(24);

/// Runs the operation once for each key: a repeated request gets the first final outcome.
///
/// Once begun the work runs to its end even when the client leaves, because the client's next try wants its outcome.
pub(crate) async fn around(
    api: Arc<Api>,
    context: Rc<RequestContext>,
    row: Arc<MountedOperation>,
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> ServiceResponse<BoxBody> {
    let key = match begin(&api, &context, &row, &mut request).await {
        Ok(Start::Fresh(key)) => key,
        Ok(Start::Replay(answer)) => return request.into_response(replay(answer)),
        Err(problem) => return request.error_response(problem),
    };
    let _first = context.idempotency.set(key.clone());
    let http = request.request().clone();
    let scope = RequestScope { id: context.request_id, public_url: api.public_url(), trace: context.trace };
    let work = {
        let api = Arc::clone(&api);
        async move {
            let response = guard::run(&row, api.settings().limits.body_seconds, request, next).await;
            keep(&api, &row, &key, response).await
        }
    };
    let task = api.tracker().spawn_local(scope.enter(work));
    task.await.unwrap_or_else(|gone| ServiceResponse::from_err(Problem::internal(gone), http))
}

enum Start {
    Fresh(IdempotencyKey),
    Replay(StoredAnswer),
}

async fn begin(
    api: &Api,
    context: &RequestContext,
    row: &MountedOperation,
    request: &mut ServiceRequest,
) -> Result<Start, Problem> {
    let key = header_value(request.headers())?;
    let bytes = match row.operation.body {
        RequestBody::None => Bytes::new(),
        _ => body::read(request.take_payload(), row.max_body_bytes).await?,
    };
    let key = IdempotencyKey { scope: scope(context, request), key, fingerprint: fingerprint(request, &bytes) };
    request.set_payload(Payload::from(bytes));
    match api.idempotency().begin(&key.scope, &key.key, &key.fingerprint, KEPT_FOR).await? {
        Begin::Started => Ok(Start::Fresh(key)),
        Begin::Replay(answer) => Ok(Start::Replay(answer)),
        Begin::Running => Err(Problem::new(&codes::IDEMPOTENCY_IN_PROGRESS, "The first request with this key has not ended.")
            .with_retry_after(Duration::from_secs(1))),
        Begin::Mismatch => Err(Problem::new(&codes::IDEMPOTENCY_KEY_REUSED, "The key came with another body or query before.")),
        Begin::SecretDone => {
            Err(Problem::new(&codes::SECRET_NOT_REPLAYABLE, "The request was carried out; its answer was not kept."))
        }
    }
}

fn header_value(headers: &HeaderMap) -> Result<String, Problem> {
    let text = headers.get(HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let good = (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if good {
        Ok(text.to_owned())
    } else {
        Err(Problem::new(&codes::MALFORMED, "Idempotency-Key is not 1 to 255 visible ASCII characters."))
    }
}

/// Caller, method and path. Without a caller it is the address: two strangers must never see each other's answers.
fn scope(context: &RequestContext, request: &ServiceRequest) -> String {
    let caller = match context.actor.borrow().as_deref() {
        Some(actor) => match actor.kind {
            ActorKind::ApiKey { key } => format!("key:{key}:{}", actor.owner),
            _ => format!("user:{}:{}", actor.subject, actor.owner),
        },
        None => format!("address:{}", client_ip::subscriber(context.client_ip(request.request()))),
    };
    format!("{caller} {} {}", request.method(), request.path())
}

fn fingerprint(request: &ServiceRequest, bytes: &Bytes) -> [u8; 32] {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (essence, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
    let mut hash = digest::Context::new(&digest::SHA256);
    hash.update(essence.trim().to_ascii_lowercase().as_bytes());
    hash.update(b"\0");
    hash.update(request.query_string().as_bytes());
    hash.update(b"\0");
    match boundary(parameters) {
        // Clients draw a new boundary for each try, so the parts count and not what stands between them.
        Some(boundary) if essence.trim().eq_ignore_ascii_case("multipart/form-data") => {
            for part in split_parts(bytes, boundary.as_bytes()) {
                hash.update(digest::digest(&digest::SHA256, part).as_ref());
            }
        }
        _ => hash.update(bytes),
    }
    let mut fingerprint = [0; 32];
    fingerprint.copy_from_slice(hash.finish().as_ref());
    fingerprint
}

fn boundary(parameters: &str) -> Option<&str> {
    let value = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.trim().split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then_some(value.trim_matches('"'))
    });
    value.filter(|boundary| !boundary.is_empty())
}

fn split_parts<'a>(mut bytes: &'a [u8], boundary: &[u8]) -> Vec<&'a [u8]> {
    let delimiter = [b"--", boundary].concat();
    let mut parts = Vec::new();
    while let Some(at) = bytes.windows(delimiter.len()).position(|window| window == delimiter) {
        let (part, rest) = bytes.split_at(at);
        parts.push(part);
        bytes = rest.get(delimiter.len()..).unwrap_or_default();
    }
    parts.push(bytes);
    parts
}

/// Stores what is final and may be stored. Whatever happens here, the client gets its answer.
async fn keep(
    api: &Api,
    row: &MountedOperation,
    key: &IdempotencyKey,
    response: ServiceResponse<BoxBody>,
) -> ServiceResponse<BoxBody> {
    let status = response.status();
    let passing = status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429);
    let streamed =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/event-stream"));
    let store = api.idempotency();
    if passing || streamed {
        log_failure(store.abandon(&key.scope, &key.key).await);
        return response;
    }
    let secret = (row.operation.secret_answer && status.is_success()) || response.headers().contains_key(header::SET_COOKIE);
    let limit = api.settings().limits.max_replay_bytes;
    let size = match response.response().body().size() {
        BodySize::None => Some(0),
        BodySize::Sized(bytes) => usize::try_from(bytes).ok(),
        BodySize::Stream => None,
    };
    if secret || size.is_none_or(|bytes| bytes > limit) {
        log_failure(store.finish_secret(&key.scope, &key.key).await);
        return response;
    }
    store_answer(api, key, limit, response).await
}

async fn store_answer(
    api: &Api,
    key: &IdempotencyKey,
    limit: usize,
    response: ServiceResponse<BoxBody>,
) -> ServiceResponse<BoxBody> {
    let (request, response) = response.into_parts();
    let (response, body) = response.into_parts();
    let Ok(Ok(bytes)) = to_bytes_limited(body, limit).await else {
        return ServiceResponse::from_err(Problem::internal("an answer of known size could not be read"), request);
    };
    let text = |(name, value): (&HeaderName, &HeaderValue)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()));
    let headers = response.headers().iter().filter_map(text).collect();
    let answer = StoredAnswer { status: response.status().as_u16(), headers, body: bytes.to_vec() };
    log_failure(api.idempotency().finish(&key.scope, &key.key, &answer).await);
    ServiceResponse::new(request, response.set_body(BoxBody::new(bytes)))
}

/// A key that could not be settled stays "running" until the store lets it start again; the answer itself is good.
fn log_failure(outcome: Result<(), core_db::DbError>) {
    if let Err(error) = outcome {
        tracing::error!(request_id = RequestScope::request_id().map(tracing::field::display), %error, "an idempotency key could not be settled");
    }
}

fn replay(answer: StoredAnswer) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    for (name, value) in answer.headers {
        response.append_header((name, value));
    }
    response.insert_header((REPLAYED, HeaderValue::from_static("true")));
    response.body(answer.body)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_new_boundary_is_the_same_request_and_another_part_is_not() {
        let print = |boundary: &str, text: &str| {
            let request = TestRequest::post()
                .insert_header((header::CONTENT_TYPE, format!("multipart/form-data; boundary={boundary}")))
                .to_srv_request();
            fingerprint(&request, &Bytes::from(format!("--{boundary}\r\n\r\n{text}\r\n--{boundary}--\r\n")))
        };
        assert_eq!(print("aaa", "x"), print("bbb", "x"));
        assert_ne!(print("aaa", "x"), print("aaa", "y"));
    }

    #[test]
    fn the_query_is_part_of_the_request() {
        let print = |uri: &str| fingerprint(&TestRequest::post().uri(uri).to_srv_request(), &Bytes::new());
        assert_ne!(print("/a?dry_run=true"), print("/a"));
    }

    #[test]
    fn a_key_is_visible_ascii() {
        for (key, good) in [("abc-123", true), ("", false), ("a b", false), (&"x".repeat(256), false)] {
            let mut headers = HeaderMap::new();
            headers.insert(HeaderName::from_static(HEADER), HeaderValue::from_str(key).unwrap());
            assert_eq!(header_value(&headers).is_ok(), good, "{key}");
        }
    }
}
