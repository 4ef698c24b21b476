use std::sync::Arc;
use std::time::Duration;

use core_cluster::Quota;
use core_egress::{Egress, EgressError, RequestBuilder, Response, retry_after};
use core_kernel::{Clock, Secret, Timestamp};
use serde_json::Value;

use super::{Access, Answer, Call, CallError, Pacer, Refusal};
use crate::IntegrationsError;

/// The largest answer.
const MAX_BODY: usize = 8 * 1024 * 1024;
/// How often a call is made at most, where a provider asks to come back or a read fails.
const TRIES: u32 = 3;
/// How long to stay away where a provider names a limit but no time.
const UNNAMED_WAIT: Duration = Duration::from_mins(1);

/// Makes calls.
#[derive(Clone)]
pub(crate) struct Transport {
    egress: Egress,
    clock: Arc<dyn Clock>,
    timeout: Duration,
    pub(crate) pacer: Pacer,
}

/// In which line a call waits, and how fast that moves.
#[derive(Clone, Debug)]
pub(crate) struct Lane {
    pub(crate) key: String,
    pub(crate) quota: Quota,
}

impl Transport {
    pub(crate) fn new(egress: Egress, clock: Arc<dyn Clock>, timeout: Duration, pacer: Pacer) -> Self {
        Self { egress, clock, timeout, pacer }
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// Makes a call when its turn has come. What a provider refuses because of a limit is tried again where the wait is short; what only reads
    /// is tried again where the answer was lost. Nothing else is ever repeated.
    pub(crate) async fn send(&self, call: &Call, access: &Access, lane: &Lane) -> Result<Answer, CallError> {
        let mut attempt = 1;
        loop {
            match self.pacer.admit(&lane.key, lane.quota).await {
                Ok(()) => {}
                Err(IntegrationsError::Limited(wait)) => return Err(limited(wait)),
                Err(error) => return Err(error.into()),
            }
            let outcome = self.once(call, access).await;
            let again = match &outcome {
                Err(CallError::Refused(refusal)) => refusal.limited.is_some_and(|wait| self.pacer.close(&lane.key, wait)),
                Err(CallError::Lost(_) | CallError::NotSent(_)) if call.reads() => {
                    self.pacer.moment(Duration::from_millis(200) * attempt).await;
                    true
                }
                _ => false,
            };
            if !again || attempt >= TRIES {
                return outcome;
            }
            attempt += 1;
        }
    }

    async fn once(&self, call: &Call, access: &Access) -> Result<Answer, CallError> {
        let request = self.request(call, access);
        let response = request.send().await.map_err(lost)?;
        let status = response.status().as_u16();
        let headers: Vec<(String, String)> =
            KEPT_HEADERS.iter().filter_map(|name| Some(((*name).to_owned(), response.header(name)?.to_owned()))).collect();
        let is_json = response.header("content-type").is_some_and(|kind| kind.contains("json"));
        let bytes = read(response).await?;
        let body: Value = if is_json { serde_json::from_slice(&bytes).unwrap_or_default() } else { Value::Null };
        let answer = Answer { status, body, headers };
        match status {
            200..=299 if is_json || bytes.is_empty() => Ok(answer),
            200..=299 if call.reads() => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                Ok(Answer { body: Value::String(text), ..answer })
            }
            200..=299 => Err(CallError::Lost(format!("status {status} without JSON"))),
            _ => Err(self.refused(answer)),
        }
    }

    fn request(&self, call: &Call, access: &Access) -> RequestBuilder {
        let client = if call.trusted { self.egress.operator() } else { self.egress.user() };
        let request = client.request(call.method.clone(), call.url.clone()).timeout(self.timeout).max_body_bytes(MAX_BODY);
        let request = call.headers.iter().fold(request, |request, (name, value)| request.header(name, value));
        let request = match access {
            Access::Nobody => request,
            Access::Bearer(token) => request.bearer(token),
            Access::Basic(user, token) => request.basic(user, token),
        };
        match (&call.form, &call.body) {
            (Some(form), _) => {
                request.header("content-type", "application/x-www-form-urlencoded").body(form.expose().as_bytes().to_vec())
            }
            (None, Some(body)) => request.json(body),
            (None, None) => request,
        }
    }

    /// A status that is none of success: a refusal, or nobody knows.
    fn refused(&self, answer: Answer) -> CallError {
        let limited = self.limit_of(&answer);
        let status = answer.status;
        if limited.is_none() && (status >= 500 || status == 408) {
            return CallError::Lost(format!("status {status}"));
        }
        let message = message_of(&answer.body).unwrap_or_else(|| format!("The provider answers status {status}."));
        CallError::Refused(Box::new(Refusal { status, body: answer.body, message, limited }))
    }

    /// When to come back, where the answer says that a limit is reached. Such an answer means that nothing was done.
    fn limit_of(&self, answer: &Answer) -> Option<Duration> {
        let now = self.clock.now();
        let asked = answer.header("retry-after").and_then(|text| retry_after(text, now));
        let spent = answer.header("x-ratelimit-remaining") == Some("0");
        let reset = || {
            let text = answer.header("x-ratelimit-reset")?;
            let moment = text.parse::<i64>().map(Timestamp::from_seconds).ok().or_else(|| text.parse().ok())?;
            Some(moment.since(now).max(Duration::from_secs(1)))
        };
        let names_it = || message_of(&answer.body).is_some_and(|text| text.to_ascii_lowercase().contains("rate limit"));
        match answer.status {
            429 | 529 => Some(asked.or_else(reset).unwrap_or(UNNAMED_WAIT)),
            403 if asked.is_some() => asked,
            403 if spent => Some(reset().unwrap_or(UNNAMED_WAIT)),
            403 if names_it() => Some(UNNAMED_WAIT),
            503 => asked,
            _ => None,
        }
    }
}

/// The headers that are looked at.
const KEPT_HEADERS: [&str; 6] =
    ["retry-after", "x-ratelimit-remaining", "x-ratelimit-reset", "ratelimit-reason", "x-oauth-scopes", "link"];

async fn read(response: Response) -> Result<Vec<u8>, CallError> {
    response.bytes_capped().await.map(|bytes| bytes.to_vec()).map_err(lost)
}

fn lost(error: EgressError) -> CallError {
    if error.nothing_was_sent() { CallError::NotSent(error.to_string()) } else { CallError::Lost(error.to_string()) }
}

fn limited(wait: Duration) -> CallError {
    CallError::Refused(Box::new(Refusal {
        status: 429,
        body: Value::Null,
        message: "The provider's limit is reached.".to_owned(),
        limited: Some(wait),
    }))
}

/// What a provider says, in the three forms that they have, short and on one line.
pub(crate) fn message_of(body: &Value) -> Option<String> {
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let mut said: Vec<String> =
        text("message").or_else(|| text("error_description")).or_else(|| text("error")).into_iter().collect();
    let list = |name: &str| body.get(name).and_then(Value::as_array).into_iter().flatten();
    said.extend(list("errorMessages").filter_map(Value::as_str).map(str::to_owned));
    said.extend(list("errors").filter_map(|error| error.get("message").and_then(Value::as_str)).map(str::to_owned));
    if let Some(errors) = body.get("errors").and_then(Value::as_object) {
        said.extend(errors.iter().filter_map(|(name, text)| Some(format!("{name}: {}", text.as_str()?))));
    }
    let line: String = said.join("; ").chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(500).collect();
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    (!line.is_empty()).then_some(line)
}

/// A form of these pairs.
pub(crate) fn form(pairs: &[(&str, &str)]) -> Secret {
    Secret::new(url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_providers_words_are_found() {
        for (body, text) in [
            (json!({"message": "Invalid request.\n\n\"sha\" wasn't supplied."}), "Invalid request. \"sha\" wasn't supplied."),
            (json!({"errorMessages": ["INVALID_INPUT"], "errors": {}}), "INVALID_INPUT"),
            (json!({"errorMessages": [], "errors": {"summary": "no"}}), "summary: no"),
            (json!({"error": "invalid_grant"}), "invalid_grant"),
            (json!({"message": "Validation Failed", "errors": [{"message": "exists"}]}), "Validation Failed; exists"),
        ] {
            assert_eq!(message_of(&body).as_deref(), Some(text));
        }
        assert_eq!(message_of(&json!([1])), None);
    }
}
