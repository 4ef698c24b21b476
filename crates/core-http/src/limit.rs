use std::rc::Rc;
use std::time::Duration;

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, http::header::HeaderMap};
use core_cluster::Quota;
use core_kernel::{Actor, ActorKind};

use crate::context::{LimitState, RequestContext};
use crate::{LimitClass, Problem, client_ip, codes};

/// Counts the request against its caller's class; 429 when there is nothing left.
pub(crate) async fn charge(
    context: &Rc<RequestContext>,
    request: &HttpRequest,
    class: LimitClass,
    actor: Option<&Actor>,
) -> Result<(), Problem> {
    let Some(rate) = context.api.settings().rate_limits.rate(class) else { return Ok(()) };
    let key = match actor.filter(|_| class != LimitClass::Login) {
        Some(Actor { kind: ActorKind::ApiKey { key }, .. }) => format!("http:{}:k:{}", class.name(), key.as_simple()),
        Some(actor) => format!("http:{}:u:{}", class.name(), actor.subject.get().as_simple()),
        None => format!("http:{}:a:{}", class.name(), client_ip::subscriber(context.client_ip(request))),
    };
    let quota = Quota::new(rate.requests, Duration::from_secs(u64::from(rate.seconds)));
    let decision = match context.api.cluster().limits.check(&key, quota, 1).await {
        Ok(decision) => decision,
        // Without the shared limiter each replica limits by itself: never open, and never closed to everybody.
        Err(error) => {
            metrics::counter!("http_rate_limit_fallbacks_total").increment(1);
            tracing::debug!(%error, "the shared rate limiter does not answer; limiting locally");
            context.api.local_limits().check(&key, quota, 1).await?
        }
    };
    context.limit.set(Some(LimitState {
        class,
        quota: rate.requests,
        window_seconds: rate.seconds,
        remaining: decision.remaining,
        reset_seconds: decision.reset_after.as_secs(),
    }));
    if decision.allowed {
        return Ok(());
    }
    metrics::counter!("http_rate_limited_total", "class" => class.name()).increment(1);
    Err(Problem::new(&codes::RATE_LIMITED, "The limit of this class of operations is used up for now.")
        .with_retry_after(decision.retry_after))
}

/// `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10: structured fields).
pub(crate) fn write_headers(state: LimitState, headers: &mut HeaderMap) {
    let name = state.class.name();
    let policy = format!("\"{name}\";q={};w={}", state.quota, state.window_seconds);
    let left = format!("\"{name}\";r={};t={}", state.remaining, state.reset_seconds);
    if let (Ok(policy), Ok(left)) = (HeaderValue::try_from(policy), HeaderValue::try_from(left)) {
        headers.insert(HeaderName::from_static("ratelimit-policy"), policy);
        headers.insert(HeaderName::from_static("ratelimit"), left);
    }
}
