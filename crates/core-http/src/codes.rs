//! The problem catalogue of HTTP itself: what any operation may answer, whatever feature it belongs to.

use actix_web::http::StatusCode;
use core_kernel::ProblemCode;

core_kernel::problem_codes! {
    /// 400: not readable.
    MALFORMED = "request.malformed", Malformed, "The request can't be read",
        "Send well-formed UTF-8 JSON that nests at most 64 deep, and well-formed headers.";
    /// 422: readable, but against a rule.
    INVALID = "request.invalid", Invalid, "The request breaks a rule",
        "Each entry of `errors` points at a field and says what is expected there.";
    /// 404: nothing there.
    NOT_FOUND = "request.not_found", NotFound, "Not found",
        "Check the path and the id; what belongs to somebody else answers the same.";
    /// 405: the resource has other methods.
    METHOD_NOT_ALLOWED = "request.method_not_allowed", Malformed, "The resource has no such method",
        "Use one of the methods in the Allow header.";
    /// 406: no representation that the client takes.
    NOT_ACCEPTABLE = "request.not_acceptable", Malformed, "No acceptable representation",
        "Accept application/json and the identity encoding.";
    /// 408: the body came too slowly.
    TIMEOUT = "request.timeout", Malformed, "The body took too long",
        "Send the body faster: ten seconds, and one more for each 64 KiB.";
    /// 413: over the operation's size.
    BODY_TOO_LARGE = "request.body_too_large", TooLarge, "The body is too large",
        "Send less; the API document gives each operation's size as x-max-body-bytes.";
    /// 414: over the limit for path and query.
    URI_TOO_LONG = "request.uri_too_long", Malformed, "The URL is too long",
        "Shorten the query; long input belongs into a body.";
    /// 415: another content type is needed.
    UNSUPPORTED_MEDIA_TYPE = "request.unsupported_media_type", Unsupported, "The content type is not served",
        "Send the content type that the API document names for this operation.";
    /// 428: a precondition is asked for.
    PRECONDITION_REQUIRED = "request.precondition_required", Malformed, "The request must say what it is based on",
        "Send If-Match with the ETag of what you read.";
    /// 412: it changed since it was read.
    PRECONDITION_FAILED = "request.precondition_failed", PreconditionFailed, "It has changed since you read it",
        "Read it again and repeat the change on what is there now.";
    /// 429: too often.
    RATE_LIMITED = "request.rate_limited", RateLimited, "Too many requests",
        "Wait for the seconds in Retry-After; RateLimit and RateLimit-Policy tell what is left.";
    /// 431: over the limit for headers.
    HEADERS_TOO_LARGE = "request.headers_too_large", Malformed, "The headers are too large",
        "Send fewer or shorter headers.";
    /// 401: nobody is signed in.
    UNAUTHENTICATED = "request.unauthenticated", Unauthenticated, "Sign in first",
        "Send `Authorization: Bearer` with an access token or an API key, or the session cookie.";
    /// 401: signed in too long ago for this.
    REAUTHENTICATION_REQUIRED = "auth.reauthentication_required", Unauthenticated, "Prove again who you are",
        "Call POST /auth/reauthenticate and repeat the request with the fresh access token.";
    /// 403: a cookie without its CSRF token.
    CSRF = "request.csrf", Forbidden, "The CSRF token is missing or wrong",
        "Get one from GET /auth/csrf and send it as X-CSRF-Token.";
    /// 403: a write by cookie that the page of another site sent.
    FOREIGN_PAGE = "request.foreign_page", Forbidden, "The page of another site sent this",
        "Call from the server's own origin or from one of `server.cors_origins`.";
    /// 400: a cursor that this server did not make for this list.
    INVALID_CURSOR = "request.invalid_cursor", Malformed, "The cursor is not valid here",
        "Send next_cursor unchanged, with the same order and filters, or begin without a cursor.";
    /// 422: the same key came with another request before.
    IDEMPOTENCY_KEY_REUSED = "request.idempotency_key_reused", Invalid, "The Idempotency-Key was used for another request",
        "Use a fresh key for each new request and the same one only to repeat it.";
    /// 409: the first request with this key still runs.
    IDEMPOTENCY_IN_PROGRESS = "request.idempotency_in_progress", Conflict, "The first request with this key still runs",
        "Wait and repeat the request with the same key.";
    /// 409: done, and the answer was not kept.
    SECRET_NOT_REPLAYABLE = "request.secret_not_replayable", Conflict, "The answer was not kept",
        "The request was carried out, but its answer held a secret or was too large to keep. Look at the resource, or make a new one.";
    /// 503: it took too long.
    DEADLINE_EXCEEDED = "request.deadline_exceeded", Unavailable, "The request took too long",
        "Try again; with an Idempotency-Key nothing is done twice.";
    /// 503: the server stops.
    SHUTTING_DOWN = "server.shutting_down", Unavailable, "The server is about to stop",
        "Try again; another replica or the restarted server answers.";
    /// 503: not ready yet.
    STARTING = "server.starting", Unavailable, "The server is starting",
        "Try again after the seconds in Retry-After; it waits for its database.";
    /// 503: a part that the operation needs is missing or down.
    UNAVAILABLE = "server.unavailable", Unavailable, "Not now",
        "Try again after the time in Retry-After.";
    /// 503: the operator left a feature out.
    FEATURE_OFF = "server.feature_off", Unavailable, "This server does not have the feature",
        "Do without it, or ask the operator to switch it on.";
    /// 500: our fault.
    INTERNAL = "internal.error", Internal, "Something went wrong here",
        "Report the instance of this problem; the cause is in the server's log under it.";
}

/// Statuses that HTTP has for these entries alone; all others follow their kind.
pub(crate) fn own_status(code: &str) -> Option<StatusCode> {
    Some(match code {
        "request.method_not_allowed" => StatusCode::METHOD_NOT_ALLOWED,
        "request.not_acceptable" => StatusCode::NOT_ACCEPTABLE,
        "request.timeout" => StatusCode::REQUEST_TIMEOUT,
        "request.uri_too_long" => StatusCode::URI_TOO_LONG,
        "request.precondition_required" => StatusCode::PRECONDITION_REQUIRED,
        "request.headers_too_large" => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        _ => return None,
    })
}

/// The challenge that a 401 with this code carries (RFC 6750 section 3, RFC 9470 section 3).
pub(crate) fn challenge(code: &str) -> &'static str {
    match code {
        "request.unauthenticated" => "Bearer",
        "auth.reauthentication_required" => "Bearer error=\"insufficient_user_authentication\"",
        _ => "Bearer error=\"invalid_token\"",
    }
}

/// The entry for an answer that the framework itself made with this status.
pub(crate) fn of_status(status: StatusCode) -> &'static ProblemCode {
    match status.as_u16() {
        401 => &UNAUTHENTICATED,
        404 => &NOT_FOUND,
        405 => &METHOD_NOT_ALLOWED,
        406 => &NOT_ACCEPTABLE,
        408 => &TIMEOUT,
        412 => &PRECONDITION_FAILED,
        413 => &BODY_TOO_LARGE,
        414 => &URI_TOO_LONG,
        415 => &UNSUPPORTED_MEDIA_TYPE,
        422 => &INVALID,
        429 => &RATE_LIMITED,
        431 => &HEADERS_TOO_LARGE,
        503 => &UNAVAILABLE,
        400..500 => &MALFORMED,
        _ => &INTERNAL,
    }
}
