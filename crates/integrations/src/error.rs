use std::time::Duration;

use core_cluster::ClusterError;
use core_db::DbError;
use core_kernel::{Denied, DomainError, FieldError, ProblemCode};
use serde_json::{Map, Value, json};

use crate::{OperationId, codes};

/// One of several targets that fit.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Choice {
    /// What to send.
    pub id: String,
    /// What people call it.
    pub name: String,
}

/// What can go wrong with integrations.
#[derive(Debug, thiserror::Error)]
pub enum IntegrationsError {
    /// Fields break rules.
    #[error("the input breaks a rule")]
    Invalid(Vec<FieldError>),
    /// The connection is newer than what the change is based on.
    #[error("the connection is at version {current}")]
    Changed {
        /// The version that is there now.
        current: i64,
    },
    /// There is no connection to the provider.
    #[error("there is no connection to {0}")]
    NoConnection(&'static str),
    /// There are several.
    #[error("there are several connections")]
    AmbiguousConnection(Vec<Choice>),
    /// There are too many.
    #[error("the space has {0} connections")]
    TooManyConnections(u64),
    /// The provider does not take the credentials.
    #[error("the provider refuses the credentials: {0}")]
    CredentialsRefused(String),
    /// The tokens of a connection are not taken any more.
    #[error("the account has to be connected again")]
    ReconnectNeeded,
    /// The token lacks a right at the provider.
    #[error("the provider forbids it: {0}")]
    Forbidden(String),
    /// What the request names is not there for the connection.
    #[error("{0}")]
    TargetNotFound(String),
    /// The provider refuses the content.
    #[error("the provider refuses it: {message}")]
    Refused {
        /// The provider's words.
        message: String,
        /// The fields that it names, as pointers into the request.
        fields: Vec<FieldError>,
    },
    /// Several targets fit.
    #[error("{what}")]
    ChoiceNeeded {
        /// What has to be chosen.
        what: String,
        /// The choices.
        choices: Vec<Choice>,
    },
    /// Fields that a project requires are missing.
    #[error("the project requires more fields")]
    FieldsRequired(Vec<FieldError>),
    /// The file is not what the change is based on.
    #[error("the file has changed")]
    FileChanged {
        /// The blob that the change is based on; none: no file.
        ours: Option<String>,
        /// The blob that is there; none: no file.
        theirs: Option<String>,
    },
    /// The path is a folder, a link or a submodule.
    #[error("the path is a {0}")]
    NotAFile(String),
    /// A rule of the repository forbids the write.
    #[error("a rule of the repository forbids it: {0}")]
    BlockedByRule(String),
    /// The provider's limit is reached.
    #[error("the provider's limit is reached")]
    Limited(Duration),
    /// The provider fails; nothing was made.
    #[error("the provider fails: {0}")]
    Unavailable(String),
    /// Nobody knows whether it was made.
    #[error("it is not known whether operation {operation} was carried out: {cause}")]
    OutcomeUnknown {
        /// The entry of the ledger.
        operation: OperationId,
        /// When it will be known.
        retry_after: Duration,
        /// What happened, for the log.
        cause: String,
    },
    /// A page was made, and not all of its content.
    #[error("the page lacks {remaining} blocks")]
    PageIncomplete {
        /// The entry of the ledger.
        operation: OperationId,
        /// The page's id.
        id: String,
        /// Its address.
        url: String,
        /// Blocks that are there.
        appended: usize,
        /// Blocks that are missing.
        remaining: usize,
    },
    /// The same operation is under way.
    #[error("the operation is under way")]
    OperationRunning(OperationId),
    /// The key belongs to another request.
    #[error("the key came with another request before")]
    KeyReused,
    /// OAuth is not set up.
    #[error("oauth is not set up for {0}")]
    OauthNotConfigured(&'static str),
    /// A state that is not known.
    #[error("the state is not known")]
    InvalidState,
    /// A right is missing.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// What replicas share does not answer.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Our fault.
    #[error("{0}")]
    Internal(String),
}

impl IntegrationsError {
    /// One field breaks a rule.
    pub(crate) fn field(pointer: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(pointer, code, message)])
    }

    fn own_code(&self) -> &'static ProblemCode {
        match self {
            Self::Invalid(_) => &codes::INVALID,
            Self::Changed { .. } => &codes::CHANGED,
            Self::NoConnection(_) => &codes::NO_CONNECTION,
            Self::AmbiguousConnection(_) => &codes::AMBIGUOUS_CONNECTION,
            Self::TooManyConnections(_) => &codes::TOO_MANY_CONNECTIONS,
            Self::CredentialsRefused(_) => &codes::CREDENTIALS_REFUSED,
            Self::ReconnectNeeded => &codes::RECONNECT_NEEDED,
            Self::Forbidden(_) => &codes::PROVIDER_FORBIDS,
            Self::TargetNotFound(_) => &codes::TARGET_NOT_FOUND,
            Self::Refused { .. } => &codes::PROVIDER_REFUSES,
            Self::ChoiceNeeded { .. } => &codes::CHOICE_NEEDED,
            Self::FieldsRequired(_) => &codes::FIELDS_REQUIRED,
            Self::FileChanged { .. } => &codes::FILE_CHANGED,
            Self::NotAFile(_) => &codes::NOT_A_FILE,
            Self::BlockedByRule(_) => &codes::BLOCKED_BY_RULE,
            Self::Limited(_) => &codes::PROVIDER_LIMIT,
            Self::Unavailable(_) => &codes::PROVIDER_UNAVAILABLE,
            Self::OutcomeUnknown { .. } => &codes::OUTCOME_UNKNOWN,
            Self::PageIncomplete { .. } => &codes::PAGE_INCOMPLETE,
            Self::OperationRunning(_) => &codes::OPERATION_RUNNING,
            Self::KeyReused => &codes::KEY_REUSED,
            Self::OauthNotConfigured(_) => &codes::OAUTH_NOT_CONFIGURED,
            Self::InvalidState => &codes::INVALID_STATE,
            _ => &codes::INTERNAL,
        }
    }
}

impl DomainError for IntegrationsError {
    fn code(&self) -> &'static ProblemCode {
        match self {
            Self::Denied(error) => error.code(),
            Self::Cluster(error) => error.code(),
            Self::Db(error) => error.code(),
            own => own.own_code(),
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::Changed { current } => format!("The current version is \"v{current}\"."),
            Self::CredentialsRefused(said) | Self::Forbidden(said) | Self::BlockedByRule(said) | Self::TargetNotFound(said) => {
                said.clone()
            }
            Self::Refused { message, .. } => message.clone(),
            Self::ChoiceNeeded { what, .. } => what.clone(),
            Self::NotAFile(kind) => format!("At this path is a {kind}."),
            Self::Denied(error) => error.detail(),
            Self::Cluster(error) => error.detail(),
            Self::Db(error) => error.detail(),
            own => own.own_code().title.to_owned(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::Invalid(fields) | Self::FieldsRequired(fields) | Self::Refused { fields, .. } => fields.clone(),
            _ => Vec::new(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Limited(wait) | Self::OutcomeUnknown { retry_after: wait, .. } => Some((*wait).max(Duration::from_secs(1))),
            Self::Unavailable(_) | Self::PageIncomplete { .. } => Some(Duration::from_secs(5)),
            Self::OperationRunning(_) => Some(Duration::from_secs(2)),
            Self::Cluster(error) => error.retry_after(),
            Self::Db(error) => error.retry_after(),
            _ => None,
        }
    }

    fn extensions(&self) -> Map<String, Value> {
        let value = match self {
            Self::AmbiguousConnection(choices) | Self::ChoiceNeeded { choices, .. } => json!({"choices": choices}),
            Self::FileChanged { ours, theirs } => json!({"ours": ours, "theirs": theirs}),
            Self::OutcomeUnknown { operation, .. } | Self::OperationRunning(operation) => json!({"operation_id": operation}),
            Self::PageIncomplete { operation, id, url, appended, remaining } => json!({
                "operation_id": operation, "id": id, "url": url, "appended": appended, "remaining": remaining,
            }),
            _ => return Map::new(),
        };
        value.as_object().cloned().unwrap_or_default()
    }
}
