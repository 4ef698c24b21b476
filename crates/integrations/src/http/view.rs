use core_kernel::{Timestamp, Visibility};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Connection, Operation, Resource};

/// A connected account, without what it proves itself with.
#[derive(Serialize, ToSchema)]
#[schema(as = Connection)]
pub(super) struct ConnectionView {
    id: Uuid,
    /// `github`, `notion` or `jira`.
    #[schema(example = "github")]
    provider: &'static str,
    /// `token`, `app` or `oauth`.
    #[schema(example = "token")]
    auth: &'static str,
    name: String,
    /// What the provider says of the account.
    #[schema(value_type = Object)]
    account: Map<String, Value>,
    /// What requests need not say.
    #[schema(value_type = Object)]
    settings: Value,
    /// `private`: its creator alone; `org`: everybody in the organisation.
    #[schema(value_type = String, example = "private")]
    visibility: Visibility,
    /// `active` or `reconnect_needed`.
    #[schema(example = "active")]
    status: &'static str,
    /// When the provider last took its credentials.
    checked_at: Timestamp,
    /// When its token ends, where that is known.
    expires_at: Option<Timestamp>,
    created_by: Uuid,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Connection> for ConnectionView {
    fn from(own: Connection) -> Self {
        Self {
            id: own.id.get(),
            provider: own.provider.as_str(),
            auth: own.auth.as_str(),
            name: own.name,
            account: own.account,
            settings: serde_json::json!(own.settings),
            visibility: own.visibility,
            status: own.status.as_str(),
            checked_at: own.checked_at,
            expires_at: own.expires_at,
            created_by: own.created_by.get(),
            created_at: own.created_at,
            updated_at: own.updated_at,
        }
    }
}

/// An entry of the ledger of operations.
#[derive(Serialize, ToSchema)]
#[schema(as = IntegrationOperation)]
pub(super) struct OperationView {
    id: Uuid,
    connection_id: Uuid,
    /// `github_file`, `notion_page` or `jira_issue`.
    #[schema(example = "jira_issue")]
    kind: &'static str,
    /// `planned`: nothing was made; `sent`: on its way; `confirmed`: made; `unknown`: the answer was lost.
    #[schema(example = "confirmed")]
    state: &'static str,
    /// What is looked for when the answer was lost.
    #[schema(value_type = Object)]
    target: Value,
    /// How far it came, where it has steps.
    #[schema(value_type = Option<Object>)]
    progress: Option<Value>,
    /// What was made.
    #[schema(value_type = Option<Object>)]
    result: Option<Value>,
    /// The code of the problem that ended the last try.
    problem: Option<String>,
    attempts: i64,
    /// When its request last went out.
    sent_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Operation> for OperationView {
    fn from(own: Operation) -> Self {
        Self {
            id: own.id.get(),
            connection_id: own.connection.get(),
            kind: own.kind.as_str(),
            state: own.state.as_str(),
            target: own.target,
            progress: own.progress,
            result: own.result,
            problem: own.problem,
            attempts: own.attempts,
            sent_at: own.sent_at,
            created_at: own.created_at,
            updated_at: own.updated_at,
        }
    }
}

/// Something that a connection can reach.
#[derive(Serialize, ToSchema)]
#[schema(as = IntegrationResource)]
pub(super) struct ResourceView {
    /// What to send for it.
    id: String,
    name: String,
    url: Option<String>,
}

impl From<Resource> for ResourceView {
    fn from(own: Resource) -> Self {
        Self { id: own.id, name: own.name, url: own.url }
    }
}
