pub mod codes;

use std::time::Duration;

use core_db::DbError;
use core_kernel::{Denied, DomainError, FieldError, PortError, ProblemCode, Timestamp};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::model::PolicyScope;
use crate::provider::{FailureClass, ModelError};

/// What can go wrong in this feature.
#[derive(Debug, thiserror::Error)]
pub enum LlmError {
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// A right is missing.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// A provider failed.
    #[error("a provider failed: {0}")]
    Model(#[from] ModelError),
    /// A generation failed earlier, as its row remembers it.
    #[error("the generation failed: {0}")]
    Failed(#[from] Failure),
    /// Everything whose detail is a fixed sentence.
    #[error("{}", .0.title)]
    Plain(&'static ProblemCode),
    /// No model of that name.
    #[error("the model `{name}` is not known")]
    UnknownModel {
        /// The name that was asked for.
        name: String,
    },
    /// Fields break rules.
    #[error("fields break rules")]
    Invalid(Vec<FieldError>),
    /// A policy forbids the model.
    #[error("the model `{name}` is not allowed")]
    ModelNotAllowed {
        /// `provider/model`.
        name: String,
    },
    /// A budget has no room for the call.
    #[error("the budget is spent")]
    BudgetExhausted {
        /// Whose.
        scope: PolicyScope,
        /// When it is filled again.
        resets_at: Timestamp,
    },
    /// More requests or tokens a minute than a policy allows.
    #[error("too fast for a policy")]
    TooFast {
        /// When trying again makes sense.
        retry_after: Duration,
    },
    /// Behind a port.
    #[error("a port failed: {0}")]
    Port(PortError),
    /// A template can't be rendered.
    #[error("the template can't be rendered: {0}")]
    Template(String),
    /// A schema is none.
    #[error("the schema is none: {0}")]
    Schema(String),
    /// An image can't be used.
    #[error("the image at {pointer} can't be used: {reason}")]
    Image {
        /// Where it stands in the request.
        pointer: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// No answer can be given, but the user's message is stored.
    #[error("the message is stored without an answer: {cause}")]
    Unanswered {
        /// Why.
        #[source]
        cause: Box<LlmError>,
        /// The stored message.
        user_message: Uuid,
        /// The failed generation.
        generation: Uuid,
    },
}

/// How a generation failed, in a form that can be stored, cloned and sent.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{detail}")]
pub struct Failure {
    /// The catalogue entry.
    pub code: &'static ProblemCode,
    /// This occurrence; safe to send.
    pub detail: String,
    /// When trying again makes sense.
    pub retry_after: Option<Duration>,
}

impl Failure {
    /// What an error says to callers.
    pub fn of(error: &LlmError) -> Self {
        Self { code: error.code(), detail: error.detail(), retry_after: error.retry_after() }
    }

    /// From a stored code; one that this version does not know is [`codes::TRUNCATED`].
    pub(crate) fn stored(code: &str, detail: String) -> Self {
        let code = codes::ALL.iter().copied().find(|known| known.code == code).unwrap_or(&codes::TRUNCATED);
        Self { code, detail, retry_after: None }
    }
}

impl From<&ModelError> for Failure {
    fn from(error: &ModelError) -> Self {
        Self { code: code_of(error.class), detail: sentence(&error.message), retry_after: error.retry_after }
    }
}

impl DomainError for Failure {
    fn code(&self) -> &'static ProblemCode {
        self.code
    }

    fn detail(&self) -> String {
        self.detail.clone()
    }

    fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

/// The problem that a failure class is answered with.
pub(crate) const fn code_of(class: FailureClass) -> &'static ProblemCode {
    match class {
        FailureClass::Auth => &codes::PROVIDER_AUTH,
        FailureClass::QuotaExhausted => &codes::QUOTA_EXHAUSTED,
        FailureClass::RateLimited => &codes::RATE_LIMITED,
        FailureClass::Unavailable => &codes::PROVIDER_UNAVAILABLE,
        FailureClass::InvalidRequest => &codes::REQUEST_REFUSED,
        FailureClass::UnknownModel => &codes::MODEL_UNKNOWN,
        FailureClass::ContextOverflow => &codes::CONTEXT_OVERFLOW,
        FailureClass::Truncated => &codes::TRUNCATED,
        FailureClass::Protocol => &codes::PROVIDER_PROTOCOL,
        FailureClass::Cancelled => &codes::CANCELLED,
        FailureClass::Interrupted => &codes::INTERRUPTED,
        FailureClass::OverBudget => &codes::BUDGET_EXHAUSTED,
    }
}

const NOT_CONFIGURED: &str = "No language model is configured. Set GEMINI_API_KEY, or OPENAI_API_KEY (with OPENAI_BASE_URL for a \
    compatible server), or ANTHROPIC_API_KEY, or OLLAMA_HOST, or APP__LLM__PROVIDERS__<NAME>__KIND and __API_KEY. Summaries work \
    without a model.";

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    let end = if text.ends_with(['.', '!', '?', '…']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

impl DomainError for LlmError {
    fn code(&self) -> &'static ProblemCode {
        match self {
            Self::Db(error) => error.code(),
            Self::Denied(error) => error.code(),
            Self::Model(error) => code_of(error.class),
            Self::Failed(failure) => failure.code,
            Self::Plain(code) => code,
            Self::UnknownModel { .. } => &codes::MODEL_UNKNOWN,
            Self::Invalid(_) => &codes::INVALID,
            Self::ModelNotAllowed { .. } => &codes::MODEL_NOT_ALLOWED,
            Self::BudgetExhausted { .. } => &codes::BUDGET_EXHAUSTED,
            Self::TooFast { .. } => &codes::POLICY_RATE,
            Self::Port(error) => error.cause().code(),
            Self::Template(_) => &codes::TEMPLATE_BROKEN,
            Self::Schema(_) => &codes::SCHEMA_INVALID,
            Self::Image { .. } => &codes::IMAGE_INVALID,
            Self::Unanswered { cause, .. } => cause.code(),
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::Db(error) => error.detail(),
            Self::Denied(error) => error.detail(),
            Self::Model(error) => sentence(&error.message),
            Self::Failed(failure) => failure.detail.clone(),
            Self::Plain(code) if code.code == codes::PROVIDER_NOT_CONFIGURED.code => NOT_CONFIGURED.to_owned(),
            Self::Plain(code) => format!("{}.", code.title),
            Self::UnknownModel { name } => format!("No configured provider offers `{name}`."),
            Self::ModelNotAllowed { name } => format!("`{name}` is not among the models that the policy allows."),
            Self::BudgetExhausted { scope, .. } => {
                format!(
                    "What the call may cost at most does not fit into the budget of the {}.",
                    scope.as_str().replace('_', " ")
                )
            }
            Self::TooFast { .. } => "The policy allows fewer requests or tokens a minute.".to_owned(),
            Self::Port(error) => error.cause().detail(),
            Self::Template(what) | Self::Schema(what) => what.clone(),
            Self::Image { reason, .. } => (*reason).to_owned(),
            Self::Invalid(_) => "The request breaks a rule; see `errors`.".to_owned(),
            Self::Unanswered { cause, .. } => format!("{} The message is stored.", cause.detail()),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::Invalid(fields) => fields.clone(),
            Self::Db(error) => error.fields(),
            Self::Schema(what) => vec![FieldError::new("/schema", "invalid_schema", what.clone())],
            Self::Image { pointer, reason } => vec![FieldError::new(pointer.clone(), "invalid_image", *reason)],
            Self::UnknownModel { name } => {
                vec![FieldError::new("/model", "unknown_model", format!("`{name}` is not offered."))]
            }
            _ => Vec::new(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Db(error) => error.retry_after(),
            Self::Model(error) => error.retry_after,
            Self::Failed(failure) => failure.retry_after,
            Self::TooFast { retry_after } => Some(*retry_after),
            Self::Port(error) => error.cause().retry_after(),
            Self::Unanswered { cause, .. } => cause.retry_after(),
            // Settings change at a restart: asking again within seconds is of no use.
            Self::Plain(code) if code.code == codes::PROVIDER_NOT_CONFIGURED.code => Some(Duration::from_mins(10)),
            _ => None,
        }
    }

    fn extensions(&self) -> Map<String, Value> {
        match self {
            Self::Unanswered { user_message, generation, .. } => {
                [("user_message_id".to_owned(), json!(user_message)), ("generation_id".to_owned(), json!(generation))]
                    .into_iter()
                    .collect()
            }
            Self::BudgetExhausted { scope, resets_at } => {
                [("resets_at".to_owned(), json!(resets_at)), ("scope".to_owned(), json!(scope))].into_iter().collect()
            }
            _ => Map::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unconfigured_server_names_the_variables_to_set() {
        let detail = LlmError::Plain(&codes::PROVIDER_NOT_CONFIGURED).detail();
        for name in ["GEMINI_API_KEY", "OPENAI_API_KEY", "OLLAMA_HOST"] {
            assert!(detail.contains(name), "{name} is not in {detail}");
        }
    }

    #[test]
    fn codes_are_unique_and_carry_the_feature_name() {
        let mut names: Vec<&str> = codes::ALL.iter().map(|code| code.code).collect();
        assert!(names.iter().all(|name| name.starts_with("llm.")));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), codes::ALL.len());
    }
}
