use std::time::Duration;

use core_db::DbError;
use core_kernel::{Denied, DomainError, ErrorKind, FieldError, PortError, ProblemCode, Timestamp};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::model::PolicyScope;
use crate::provider::{FailureClass, ModelError};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $kind:ident, $title:literal, $advice:literal;)*) => {
        $($(#[$doc])* pub const $name: ProblemCode = ProblemCode {
            code: $code,
            kind: ErrorKind::$kind,
            title: $title,
            advice: $advice,
        };)*

        /// The whole catalogue of this feature.
        pub const ALL: &[&ProblemCode] = &[$(&$name),*];
    };
}

/// The feature's problem codes.
pub mod codes {
    use super::{ErrorKind, ProblemCode};

    codes! {
        /// No provider, and the operation needs one.
        PROVIDER_NOT_CONFIGURED = "llm.provider_not_configured", Unavailable, "No language model is configured",
            "Ask the operator to set GEMINI_API_KEY, OPENAI_API_KEY or OLLAMA_HOST. Summaries work without a model.";
        /// The name means no model here.
        MODEL_UNKNOWN = "llm.model_unknown", Invalid, "The model is not known",
            "Use a name from GET /api/v1/llm/models, or `provider/model`.";
        /// Our key is refused.
        PROVIDER_AUTH = "llm.provider_auth", Upstream, "The provider refuses the server's key",
            "Nothing is wrong with the request. The operator has to check the provider's API key.";
        /// A quota at the provider is spent.
        QUOTA_EXHAUSTED = "llm.quota_exhausted", Unavailable, "The provider's quota is spent",
            "Use another model, or try again when the quota is refilled.";
        /// Too many requests at the provider.
        RATE_LIMITED = "llm.rate_limited", RateLimited, "The provider limits the rate of requests",
            "Try again after the time in Retry-After.";
        /// The provider does not answer.
        PROVIDER_UNAVAILABLE = "llm.provider_unavailable", Unavailable, "The provider is not available",
            "Try again later or use another model.";
        /// The provider refuses the request.
        REQUEST_REFUSED = "llm.request_refused", Invalid, "The provider refuses the request",
            "Change what the detail names.";
        /// More input than the model takes.
        CONTEXT_OVERFLOW = "llm.context_overflow", TooLarge, "The input is too long for the model",
            "Shorten it, or use a model with a larger window.";
        /// The answer broke off.
        TRUNCATED = "llm.truncated", Upstream, "The answer broke off",
            "What arrived is kept with the generation. Ask again for a whole answer.";
        /// What the provider sent is not its protocol.
        PROVIDER_PROTOCOL = "llm.provider_protocol", Upstream, "The provider's answer can't be read",
            "Try again; if it stays, the operator has to check the provider's base URL.";
        /// The client left.
        CANCELLED = "llm.cancelled", Unavailable, "The generation was stopped",
            "Ask again; what arrived is kept with the generation.";
        /// The server stopped while it ran.
        INTERRUPTED = "llm.interrupted", Unavailable, "The server stopped during the generation",
            "Ask again; what arrived is kept with the generation.";
        /// No such conversation for this caller.
        CONVERSATION_NOT_FOUND = "llm.conversation_not_found", NotFound, "There is no such conversation",
            "Check the id, and for which space the request acts.";
        /// No such message in the conversation.
        MESSAGE_NOT_FOUND = "llm.message_not_found", NotFound, "There is no such message",
            "Check the id; the message may have been deleted.";
        /// No such generation for this caller.
        GENERATION_NOT_FOUND = "llm.generation_not_found", NotFound, "There is no such generation",
            "Check the id, and for which space the request acts.";
        /// The conversation changed since it was read.
        CONVERSATION_CHANGED = "llm.conversation_changed", PreconditionFailed, "The conversation has changed",
            "Read it again and repeat the change with the new ETag.";
        /// Only who made it may do this.
        NOT_CREATOR = "llm.not_creator", Forbidden, "Only its creator may do this",
            "Ask the person who began the conversation.";
        /// An answer to this message is being written.
        GENERATION_RUNNING = "llm.generation_running", Conflict, "An answer is being written",
            "Wait for it, or stop it, before you continue from it.";
        /// No such template for this caller.
        TEMPLATE_NOT_FOUND = "llm.template_not_found", NotFound, "There is no such template",
            "See GET /api/v1/llm/templates for the names, and `version` for the versions.";
        /// A template that can't be rendered.
        TEMPLATE_BROKEN = "llm.template_broken", Invalid, "The template can't be rendered",
            "The detail names the fault and its line. Templates have a limit of steps and of size.";
        /// A schema that is none.
        SCHEMA_INVALID = "llm.schema_invalid", Invalid, "The schema is no JSON Schema",
            "Send a JSON Schema object that refers to nothing outside of itself.";
        /// An image that is none.
        IMAGE_INVALID = "llm.image_invalid", Invalid, "The image can't be used",
            "Send PNG, JPEG, WebP or GIF in base64, at most 3 MiB, under its own media type.";
        /// No such fact of this caller.
        MEMORY_NOT_FOUND = "llm.memory_not_found", NotFound, "There is no such fact",
            "Check the id; a forgotten fact does not come back.";
        /// The fact changed since it was read.
        MEMORY_CHANGED = "llm.memory_changed", PreconditionFailed, "The fact has changed",
            "Read it again and repeat the change with the new ETag.";
        /// Too few turns.
        NOTHING_TO_SUMMARIZE = "llm.nothing_to_summarize", Conflict, "There is nothing to summarise yet",
            "The newest turns stay as they are; go on with the conversation first.";
        /// Nothing stands behind the port of attachments.
        ATTACHMENTS_UNAVAILABLE = "llm.attachments_unavailable", Unavailable, "This server takes no attachments",
            "Send images and texts in the message itself. The port `Attachments` has nothing behind it.";
        /// No such policy.
        POLICY_NOT_FOUND = "llm.policy_not_found", NotFound, "There is no such policy",
            "PUT one; without a policy nothing is limited.";
        /// The policy changed since it was read.
        POLICY_CHANGED = "llm.policy_changed", PreconditionFailed, "The policy has changed",
            "Read it again and repeat the change with the new ETag.";
        /// A budget is spent.
        BUDGET_EXHAUSTED = "llm.budget_exhausted", BudgetSpent, "The budget is spent",
            "Wait until `resets_at`, ask for a shorter answer or a cheaper model, or ask the operator for more.";
        /// A policy forbids the model.
        MODEL_NOT_ALLOWED = "llm.model_not_allowed", Forbidden, "The model is not allowed",
            "Use another model, or ask the operator.";
        /// More requests or tokens a minute than a policy allows.
        POLICY_RATE = "llm.policy_rate", RateLimited, "Too many requests or tokens a minute",
            "Try again after the time in Retry-After.";
        /// No such call of this generation.
        TOOL_CALL_NOT_FOUND = "llm.tool_call_not_found", NotFound, "No such tool call waits",
            "The calls that wait are the `confirmations` of the generation.";
        /// A token that is not of this call.
        CONFIRMATION_INVALID = "llm.confirmation_invalid", Forbidden, "The token is not of this call",
            "Send the token of the confirmation itself, as the person who asked.";
        /// It waited too long.
        CONFIRMATION_EXPIRED = "llm.confirmation_expired", Conflict, "The confirmation has expired",
            "Ask the model again; it will call the tool again.";
        /// The call has its word.
        ALREADY_DECIDED = "llm.already_decided", Conflict, "The call is decided already",
            "A call is decided once; see the generation for what became of it.";
        /// More rows than a space may have.
        TOO_MANY = "llm.too_many", Conflict, "There are too many of these",
            "Delete what is not needed any more.";
        /// A field breaks a rule.
        INVALID = "llm.invalid", Invalid, "A field breaks a rule",
            "Change the fields that `errors` names.";
    }
}

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
    }
}

const NOT_CONFIGURED: &str = "No language model is configured. Set GEMINI_API_KEY, or OPENAI_API_KEY (with OPENAI_BASE_URL for a \
    compatible server), or OLLAMA_HOST, or APP__LLM__PROVIDERS__<NAME>__KIND and __API_KEY. Summaries work without a model.";

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
