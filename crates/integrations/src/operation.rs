use core_kernel::{Owner, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ConnectionId, OperationId, Provider};

/// What an operation makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationKind {
    /// A file of GitHub.
    GithubFile,
    /// A page of Notion.
    NotionPage,
    /// An issue of Jira.
    JiraIssue,
}

impl OperationKind {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GithubFile => "github_file",
            Self::NotionPage => "notion_page",
            Self::JiraIssue => "jira_issue",
        }
    }

    /// Where it is made.
    pub const fn provider(self) -> Provider {
        match self {
            Self::GithubFile => Provider::Github,
            Self::NotionPage => Provider::Notion,
            Self::JiraIssue => Provider::Jira,
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::GithubFile, Self::NotionPage, Self::JiraIssue].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Where an operation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationState {
    /// Nothing was sent, or nothing was made of what was sent.
    Planned,
    /// It was sent, and there is no answer yet.
    Sent,
    /// It was made.
    Confirmed,
    /// It was sent, and the answer was lost.
    Unknown,
}

impl OperationState {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Sent => "sent",
            Self::Confirmed => "confirmed",
            Self::Unknown => "unknown",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Planned, Self::Sent, Self::Confirmed, Self::Unknown].into_iter().find(|state| state.as_str() == word)
    }
}

/// An entry of the ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// Which.
    pub id: OperationId,
    /// Whose space.
    pub owner: Owner,
    /// Who asked for it.
    pub created_by: UserId,
    /// Through which connection.
    pub connection: ConnectionId,
    /// What it makes.
    pub kind: OperationKind,
    /// Where it stands.
    pub state: OperationState,
    /// What is looked for when the answer was lost.
    pub target: Value,
    /// How far it came, where it has steps.
    pub progress: Option<Value>,
    /// What was made.
    pub result: Option<Value>,
    /// The code of the problem that ended the last try.
    pub problem: Option<String>,
    /// How often it was tried.
    pub attempts: i64,
    /// When its request last went out.
    pub sent_at: Option<Timestamp>,
    /// Until when somebody works on it.
    pub busy_until: Timestamp,
    /// What the request was, as a hash.
    pub(crate) fingerprint: String,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it last moved.
    pub updated_at: Timestamp,
    /// Grows with each move.
    pub version: i64,
}

/// The caller's `Idempotency-Key` with whose it is: what makes two requests one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationKey {
    /// Caller and path in one text.
    pub scope: String,
    /// The key itself.
    pub key: String,
}
