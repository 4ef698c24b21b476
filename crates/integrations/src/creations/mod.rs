//! What is made through connections, each once.

mod github;
mod github_target;
mod jira;
mod jira_fields;
mod ledger;
mod notion;
mod notion_parent;
mod reconcile;
mod service;

use async_trait::async_trait;
use core_kernel::{DomainError as _, FieldError};
use serde::Serialize;
use serde_json::{Map, Value};

pub(crate) use ledger::{Ledger, confirmed_data};
pub(crate) use reconcile::{Reconcile, Reconciler};
pub(crate) use service::{CreationService, OperationService};

use crate::vendor::{CallError, PlannedRequest, Session};
use crate::{ConnectionId, IntegrationsError, Operation, OperationId};

/// The event that something was made.
pub(crate) const CONFIRMED: &str = "integration.operation.confirmed";

/// A file for a repository of GitHub. What is absent comes from the connection's settings.
#[derive(Clone, Debug, Default, Serialize)]
pub struct NewFile {
    /// Through which connection; absent: the only one to GitHub.
    pub connection: Option<ConnectionId>,
    /// `owner/name`.
    pub repository: Option<String>,
    /// Where in the repository.
    pub path: String,
    /// What is in it.
    pub content: String,
    /// On which branch; absent: the settings', else the default one, or a new one for a pull request.
    pub branch: Option<String>,
    /// Where a new branch begins and a pull request leads; absent: the settings', else the default one.
    pub base_branch: Option<String>,
    /// Open a pull request.
    pub pull_request: Option<bool>,
    /// The commit's message.
    pub message: Option<String>,
    /// The blob that the change is based on: another one there is a conflict.
    pub sha: Option<String>,
}

/// A page for Notion. What is absent comes from the connection's settings.
#[derive(Clone, Debug, Default, Serialize)]
pub struct NewPage {
    /// Through which connection; absent: the only one to Notion.
    pub connection: Option<ConnectionId>,
    /// The id or address of a page, data source or database.
    pub parent: Option<String>,
    /// Its title; absent: the first heading.
    pub title: Option<String>,
    /// What is on it.
    pub markdown: String,
}

/// An issue for Jira. What is absent comes from the connection's settings.
#[derive(Clone, Debug, Default, Serialize)]
pub struct NewIssue {
    /// Through which connection; absent: the only one to Jira.
    pub connection: Option<ConnectionId>,
    /// The key of the project.
    pub project: Option<String>,
    /// One line.
    pub summary: String,
    /// Markdown.
    pub description: String,
    /// Name or id; absent: the settings', else `Task`, else the only one.
    pub issue_type: Option<String>,
    /// Further fields by id; they go before those of the settings.
    pub fields: Map<String, Value>,
}

/// Something that was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// The entry of the ledger.
    pub operation: OperationId,
    /// What was made, as the operation answers it.
    pub result: Value,
}

/// What would be sent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// The requests that would be sent, without what they prove themselves with. What a later one needs of the answer to an earlier one
    /// stands in braces.
    pub requests: Vec<PlannedRequest>,
    /// What was found on the way.
    pub findings: Vec<Finding>,
}

/// Something that was found before anything is sent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// `error`: it can't be sent so; `note`: it can.
    pub level: &'static str,
    /// A stable word; of errors a problem code.
    pub code: String,
    /// For people.
    pub message: String,
    /// The fields at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// What else there is to know, such as `choices`.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

impl Finding {
    fn note(code: &str, message: impl Into<String>) -> Self {
        Self { level: "note", code: code.to_owned(), message: message.into(), errors: Vec::new(), more: Map::new() }
    }

    fn error(error: &IntegrationsError) -> Self {
        let (code, message) = (error.code().code.to_owned(), error.detail());
        Self { level: "error", code, message, errors: error.fields(), more: error.extensions() }
    }
}

/// What a provider made.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) result: Value,
    /// What the provider calls it.
    pub(crate) external_id: String,
}

/// Why nothing is confirmed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nothing was made.
    Refused(IntegrationsError),
    /// It may have been made.
    Lost(String),
    /// A part was made, and the rest can follow.
    Partial(IntegrationsError),
}

impl From<IntegrationsError> for Failure {
    fn from(error: IntegrationsError) -> Self {
        Self::Refused(error)
    }
}

impl From<core_db::DbError> for Failure {
    fn from(error: core_db::DbError) -> Self {
        Self::Refused(error.into())
    }
}

impl Failure {
    /// What a failed write means: a refusal made nothing, a lost answer tells nothing.
    fn of_write(error: CallError) -> Self {
        match error {
            CallError::Lost(cause) => Self::Lost(cause),
            other => Self::Refused(other.into()),
        }
    }
}

/// What is found of an earlier try.
#[derive(Debug)]
pub(crate) enum Look {
    /// It was made.
    Found(Outcome),
    /// A part was made; the progress from which it can go on.
    Begun(Value),
    /// Nothing is there.
    Absent,
}

/// Makes one kind of thing.
#[async_trait]
pub(crate) trait Maker: Send + Sync {
    /// True when making it again can't make a second one.
    fn repeats_safely(&self) -> bool;
    /// Makes it. Right before a request that can't be taken back the ledger is told.
    async fn make(&self, session: &Session, operation: &mut Operation, ledger: &Ledger) -> Result<Outcome, Failure>;
}

/// Texts of requests: within their length, without U+0000.
fn text_fault(pointer: &str, text: &str, most: usize) -> Option<FieldError> {
    let fits = text.chars().count() <= most && !text.contains('\0');
    (!fits).then(|| FieldError::new(pointer, "invalid_text", format!("at most {most} characters, without U+0000")))
}

fn line_fault(pointer: &str, text: Option<&str>, most: usize) -> Option<FieldError> {
    let text = text?;
    let fits = (1..=most).contains(&text.trim().chars().count()) && !text.chars().any(char::is_control);
    (!fits).then(|| FieldError::new(pointer, "invalid_text", format!("1 to {most} characters on one line")))
}

fn refuse(faults: Vec<FieldError>) -> Result<(), IntegrationsError> {
    if faults.is_empty() { Ok(()) } else { Err(IntegrationsError::Invalid(faults)) }
}
