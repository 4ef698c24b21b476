use std::time::Duration;

use serde_json::Value;

use crate::chat::Parameter;

/// What a provider's failure means for the caller and for the next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureClass {
    /// Our key is refused. Not the caller's fault.
    Auth,
    /// A quota or a budget at the provider is spent; waiting minutes does not help.
    QuotaExhausted,
    /// Too many requests just now.
    RateLimited,
    /// Overloaded, restarting, unreachable, or silent for too long.
    Unavailable,
    /// The provider refuses the request as it is.
    InvalidRequest,
    /// The provider does not know the model.
    UnknownModel,
    /// The input is longer than the model's window.
    ContextOverflow,
    /// The answer broke off, or ended without saying that it was complete.
    Truncated,
    /// What came is not the protocol.
    Protocol,
    /// Somebody stopped it, or the client left.
    Cancelled,
    /// The server stopped while it ran.
    Interrupted,
    /// What the next request may cost at most does not fit into a budget of this server.
    OverBudget,
}

impl FailureClass {
    /// The same target may be asked again, as long as nothing was shown.
    pub const fn retries_same_target(self) -> bool {
        matches!(self, Self::RateLimited | Self::Unavailable | Self::Truncated | Self::Protocol)
    }

    /// Another target may be asked, as long as nothing was shown.
    pub const fn falls_back(self) -> bool {
        matches!(
            self,
            Self::Auth
                | Self::QuotaExhausted
                | Self::RateLimited
                | Self::Unavailable
                | Self::UnknownModel
                | Self::Truncated
                | Self::Protocol
        )
    }
}

/// A failed attempt at a provider. The message is made here or cut from the provider's, and holds no key.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct ModelError {
    /// What it means.
    pub class: FailureClass,
    /// In a sentence that may be shown.
    pub message: String,
    /// How long the provider asks to wait.
    pub retry_after: Option<Duration>,
    /// The HTTP status, where there was one.
    pub status: Option<u16>,
    /// The field that the provider refuses.
    pub parameter: Option<Parameter>,
    /// The provider took the request and broke off: it may charge for it.
    pub charged: bool,
    /// The provider's id of the request, from its headers.
    pub request_id: Option<String>,
}

/// The most of a provider's message that is passed on, in characters.
const MESSAGE_LIMIT: usize = 300;

impl ModelError {
    /// A failure of that class.
    pub fn new(class: FailureClass, message: impl Into<String>) -> Self {
        Self {
            class,
            message: message.into(),
            retry_after: None,
            status: None,
            parameter: None,
            charged: false,
            request_id: None,
        }
    }

    /// The provider's answer is not the protocol.
    pub(crate) fn protocol(what: &str) -> Self {
        Self::new(FailureClass::Protocol, format!("the provider's answer can't be read: {what}"))
    }

    /// The same failure with a wait.
    #[must_use]
    pub fn after(mut self, wait: Option<Duration>) -> Self {
        self.retry_after = wait.or(self.retry_after);
        self
    }

    /// Stands for a failure after text was shown: whatever it was, the answer is cut.
    #[must_use]
    pub fn into_truncated(self) -> Self {
        match self.class {
            FailureClass::Cancelled | FailureClass::Interrupted | FailureClass::Truncated | FailureClass::OverBudget => self,
            _ => Self { class: FailureClass::Truncated, message: format!("the answer broke off: {}", self.message), ..self },
        }
    }
}

/// What an error body says, in any of the shapes that are seen: `{error:{...}}`, `{error:"..."}`, `[{error:{...}}]`,
/// `{object:"error",message,...}`, `{detail:...}`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ErrorBody {
    pub message: String,
    /// The machine words: `type`, `code`, `status`, ... in lower case.
    pub words: Vec<String>,
    pub param: Option<String>,
    /// A status that the body itself names.
    pub status: Option<u16>,
    pub details: Vec<Value>,
}

impl ErrorBody {
    /// None when the document holds no error.
    pub(crate) fn read(document: &Value) -> Option<Self> {
        let document = document.as_array().and_then(|list| list.first()).unwrap_or(document);
        let error = match document.get("error") {
            Some(Value::Null) | None => {
                let bare = document.get("object").and_then(Value::as_str) == Some("error") || document.get("detail").is_some();
                bare.then_some(document)?
            }
            Some(error) => error,
        };
        if let Some(message) = error.as_str() {
            return Some(Self { message: message.to_owned(), ..Self::default() });
        }
        let text = |key: &str| error.get(key).and_then(Value::as_str).map(str::to_owned);
        let mut body = Self {
            message: text("message").or_else(|| error.get("detail").map(Value::to_string)).unwrap_or_default(),
            words: ["type", "code", "status"].iter().filter_map(|key| text(key)).map(|word| word.to_lowercase()).collect(),
            param: text("param"),
            status: error.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok()),
            details: error.get("details").and_then(Value::as_array).cloned().unwrap_or_default(),
        };
        let reasons = body.details.iter().filter_map(|detail| detail.get("reason")).filter_map(Value::as_str);
        let reasons: Vec<String> = reasons.map(str::to_lowercase).collect();
        body.words.extend(reasons);
        Some(body)
    }

    fn says(&self, word: &str) -> bool {
        self.words.iter().any(|known| known == word)
    }

    fn says_one_of(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.says(word))
    }

    /// The words that stand for 400 where there is no status (the codes of `response.failed` among them).
    fn refuses(&self) -> bool {
        let known = ["invalid_request_error", "badrequesterror", "invalid_prompt", "bio_policy", "empty_image_file"];
        let families = ["image_", "invalid_", "unsupported_image", "failed_to_download_image", "data_residency_mismatch"];
        self.says_one_of(&known) || self.words.iter().any(|word| families.iter().any(|family| word.starts_with(family)))
    }

    fn mentions(&self, phrases: &[&str]) -> bool {
        let message = self.message.to_lowercase();
        phrases.iter().any(|phrase| message.contains(phrase))
    }

    fn overflows(&self) -> bool {
        let words = ["context_length_exceeded", "context_window_exceeded", "exceed_context_size_error", "request_too_large"];
        let phrases = [
            "maximum context length",
            "available context size",
            "greater than the context length",
            "exceeds the maximum number of tokens",
            "exceeds the context length",
            "prompt is too long",
        ];
        words.iter().any(|word| self.says(word)) || self.mentions(&phrases)
    }

    fn names_day_quota(&self) -> bool {
        let violations = self.details.iter().filter_map(|detail| detail.get("violations")).filter_map(Value::as_array).flatten();
        violations.filter_map(|violation| violation.get("quotaId")).filter_map(Value::as_str).any(|id| id.contains("PerDay"))
    }

    /// The class of a failure with this status.
    pub(crate) fn class(&self, status: u16) -> FailureClass {
        let spent = ["insufficient_quota", "billing_hard_limit_reached", "billing_error"].iter().any(|word| self.says(word));
        if spent || status == 402 || self.names_day_quota() {
            return FailureClass::QuotaExhausted;
        }
        if ["api_key_invalid", "invalid_api_key", "unauthenticated", "authentication_error"].iter().any(|word| self.says(word)) {
            return FailureClass::Auth;
        }
        if matches!(status, 200 | 400 | 413 | 422) && self.overflows() {
            return FailureClass::ContextOverflow;
        }
        if self.says("model_not_found") {
            return FailureClass::UnknownModel;
        }
        match status {
            401 | 403 => FailureClass::Auth,
            404 => FailureClass::UnknownModel,
            429 => FailureClass::RateLimited,
            // 408 and 409 are a provider that gave up or is in its own way; the same request may succeed later.
            408 | 409 | 500..=599 => FailureClass::Unavailable,
            400..=499 => FailureClass::InvalidRequest,
            // Under 200 or 3xx only the words can tell.
            _ if self.says_one_of(&["rate_limit_exceeded", "resource_exhausted", "rate_limit_error"]) => {
                FailureClass::RateLimited
            }
            _ if self.refuses() => FailureClass::InvalidRequest,
            _ => FailureClass::Unavailable,
        }
    }

    /// The failure, for an answer with this HTTP status (200: the error came inside a stream).
    pub(crate) fn into_error(self, http_status: u16) -> ModelError {
        let inner = self.status.filter(|status| (400..600).contains(status));
        let status = if (200..300).contains(&http_status) { inner.unwrap_or(http_status) } else { http_status };
        let class = self.class(status);
        let named = self.param.as_deref().and_then(Parameter::named_in).or_else(|| Parameter::named_in(&self.message));
        ModelError {
            status: Some(status),
            parameter: if class == FailureClass::InvalidRequest { named } else { None },
            ..ModelError::new(class, public_message(class, &self.message))
        }
    }
}

/// What may be shown of a provider's words. An authentication failure often repeats part of the key, so its words stay inside.
fn public_message(class: FailureClass, message: &str) -> String {
    if class == FailureClass::Auth {
        return "the provider refuses the configured key".to_owned();
    }
    let message = message.trim();
    if message.is_empty() {
        return "the provider gave no reason".to_owned();
    }
    let mut cut: String = message.chars().filter(|letter| !letter.is_control()).take(MESSAGE_LIMIT).collect();
    if cut.len() < message.len() {
        cut.push('…');
    }
    format!("the provider says: {cut}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn class(status: u16, body: Value) -> FailureClass {
        ErrorBody::read(&body).unwrap().into_error(status).class
    }

    #[test]
    fn every_recorded_error_form_has_its_class() {
        let openai = |code: &str, kind: &str| json!({ "error": { "message": "m", "type": kind, "param": null, "code": code } });
        let cases = [
            (401, openai("invalid_api_key", "invalid_request_error"), FailureClass::Auth),
            (404, openai("model_not_found", "invalid_request_error"), FailureClass::UnknownModel),
            (400, openai("context_length_exceeded", "invalid_request_error"), FailureClass::ContextOverflow),
            (429, openai("rate_limit_exceeded", "requests"), FailureClass::RateLimited),
            (429, openai("insufficient_quota", "insufficient_quota"), FailureClass::QuotaExhausted),
            (402, json!({ "error": { "message": "no credits", "code": 402 } }), FailureClass::QuotaExhausted),
            (200, json!({ "error": { "object": "error", "message": "bad", "code": 400 } }), FailureClass::InvalidRequest),
            (200, json!({ "error": { "code": 503, "message": "busy", "status": "UNAVAILABLE" } }), FailureClass::Unavailable),
            (200, json!([{ "error": { "code": 429, "status": "RESOURCE_EXHAUSTED" } }]), FailureClass::RateLimited),
            (404, json!({ "error": "model path" }), FailureClass::UnknownModel),
            (422, json!({ "detail": [{ "loc": ["body"] }] }), FailureClass::InvalidRequest),
            (400, json!({ "object": "error", "message": "bad", "code": 400 }), FailureClass::InvalidRequest),
            (400, json!({ "error": { "type": "exceed_context_size_error", "message": "" } }), FailureClass::ContextOverflow),
            (500, json!({ "error": { "message": "m" } }), FailureClass::Unavailable),
            (529, json!({ "error": { "message": "m" } }), FailureClass::Unavailable),
        ];
        for (status, body, expected) in cases {
            assert_eq!(class(status, body.clone()), expected, "{status} {body}");
        }
    }

    #[test]
    fn a_document_without_an_error_is_none() {
        assert_eq!(ErrorBody::read(&json!({ "choices": [], "error": null })), None);
        assert_eq!(ErrorBody::read(&json!({})), None);
    }

    #[test]
    fn the_words_of_a_refused_key_are_not_passed_on() {
        let body = json!({ "error": { "message": "Incorrect API key provided: sk-canary", "code": "invalid_api_key" } });
        let error = ErrorBody::read(&body).unwrap().into_error(401);
        assert!(!error.message.contains("canary"), "{}", error.message);
    }

    #[test]
    fn a_refused_parameter_is_named() {
        let body =
            json!({ "error": { "message": "Unsupported parameter", "param": "temperature", "code": "unsupported_parameter" } });
        let error = ErrorBody::read(&body).unwrap().into_error(400);
        assert_eq!((error.class, error.parameter), (FailureClass::InvalidRequest, Some(Parameter::Temperature)));
    }

    #[test]
    fn a_daily_quota_is_spent_and_not_just_limited() {
        let violation = json!({ "quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier" });
        let body =
            json!({ "error": { "code": 429, "status": "RESOURCE_EXHAUSTED", "details": [{ "violations": [violation] }] } });
        assert_eq!(class(429, body), FailureClass::QuotaExhausted);
    }
}
