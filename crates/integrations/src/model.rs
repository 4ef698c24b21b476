use core_kernel::{FieldError, Owner, Timestamp, UserId, Visibility, typed_id};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

typed_id! {
    /// One connected account.
    ConnectionId
}

typed_id! {
    /// One entry of the ledger of operations.
    OperationId
}

/// Who is connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// GitHub.
    Github,
    /// Notion.
    Notion,
    /// Jira Cloud and Jira Data Center.
    Jira,
}

impl Provider {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Github, Self::Notion, Self::Jira];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Github => "github",
            Self::Notion => "notion",
            Self::Jira => "jira",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.as_str() == word)
    }
}

/// With what a connection proves itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthKind {
    /// A token that somebody made by hand.
    Token,
    /// A GitHub App with its private key.
    App,
    /// Tokens of OAuth, which are refreshed.
    Oauth,
}

impl AuthKind {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::App => "app",
            Self::Oauth => "oauth",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Token, Self::App, Self::Oauth].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Whether a connection works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionStatus {
    /// As far as is known.
    Active,
    /// Its tokens are not taken any more.
    ReconnectNeeded,
}

impl ConnectionStatus {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::ReconnectNeeded => "reconnect_needed",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Active, Self::ReconnectNeeded].into_iter().find(|status| status.as_str() == word)
    }
}

/// What to do when a file changed between reading and writing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnConflict {
    /// Refuse with the ids of both.
    Fail,
    /// Write once more over what is there.
    Overwrite,
}

/// How a page's content is sent to Notion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PageBody {
    /// As blocks that this crate makes.
    Blocks,
    /// As Markdown that Notion reads.
    Markdown,
}

/// What requests need not say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// GitHub: `owner/name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// GitHub: the branch that is written to; absent: the repository's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// GitHub: where new branches begin and pull requests lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_branch: Option<String>,
    /// GitHub: open a pull request for each file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull_request: Option<bool>,
    /// GitHub: what to do when somebody else was faster; absent: fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_conflict: Option<OnConflict>,
    /// Notion: the id or address of the page, data source or database that new pages go under.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Notion: how content is sent; absent: as blocks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<PageBody>,
    /// Jira: the key of the project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Jira: name or id of the issue type; absent: `Task`, or the only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issue_type: Option<String>,
    /// Jira: fields of every issue, by id.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub fields: Map<String, Value>,
    /// Jira by OAuth: the cloud id of the site, where the account has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
}

impl Settings {
    /// What is wrong with them for this provider; pointers begin at `/settings`.
    pub(crate) fn faults(&self, provider: Provider) -> Vec<FieldError> {
        use Provider::{Github, Jira, Notion};
        let texts = [
            ("repository", &self.repository, Github, 140),
            ("branch", &self.branch, Github, 255),
            ("base_branch", &self.base_branch, Github, 255),
            ("parent", &self.parent, Notion, 2000),
            ("project", &self.project, Jira, 100),
            ("issue_type", &self.issue_type, Jira, 100),
            ("site", &self.site, Jira, 100),
        ];
        let others = [
            ("pull_request", self.pull_request.is_some(), Github),
            ("on_conflict", self.on_conflict.is_some(), Github),
            ("body", self.body.is_some(), Notion),
            ("fields", !self.fields.is_empty(), Jira),
        ];
        let mut faults = Vec::new();
        let foreign =
            |name: &str| FieldError::new(format!("/settings/{name}"), "unknown_field", "not a setting of this provider");
        for (name, text, owner, most) in texts {
            let Some(text) = text else { continue };
            if owner != provider {
                faults.push(foreign(name));
            } else if text.trim().is_empty() || text.chars().count() > most || text.chars().any(char::is_control) {
                let rule = format!("1 to {most} characters on one line");
                faults.push(FieldError::new(format!("/settings/{name}"), "invalid_text", rule));
            }
        }
        faults.extend(others.iter().filter(|(_, there, owner)| *there && *owner != provider).map(|(name, ..)| foreign(name)));
        if core_kernel::members_hold_nul(&self.fields) || Value::Object(self.fields.clone()).to_string().len() > 16 * 1024 {
            faults.push(FieldError::new("/settings/fields", "invalid_fields", "at most 16 KiB as JSON, without U+0000"));
        }
        faults
    }
}

/// A connected account, without what it proves itself with.
#[derive(Clone, Debug, PartialEq)]
pub struct Connection {
    /// Which.
    pub id: ConnectionId,
    /// Whose space.
    pub owner: Owner,
    /// Who made it.
    pub created_by: UserId,
    /// Who in the space may see and use it.
    pub visibility: Visibility,
    /// Who is connected to.
    pub provider: Provider,
    /// With what.
    pub auth: AuthKind,
    /// What people call it.
    pub name: String,
    /// What the provider says of the account.
    pub account: Map<String, Value>,
    /// What requests need not say.
    pub settings: Settings,
    /// Whether it works.
    pub status: ConnectionStatus,
    /// When the provider last took its credentials.
    pub checked_at: Timestamp,
    /// When its token ends, where that is known.
    pub expires_at: Option<Timestamp>,
    /// Grows with each change of what is sealed.
    pub credentials_version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Grows with each change that people make.
    pub version: i64,
}

impl Connection {
    /// A text that the provider said of the account.
    pub(crate) fn told(&self, name: &str) -> Option<&str> {
        self.account.get(name).and_then(Value::as_str)
    }
}

/// A change of a connection. None leaves as it is.
#[derive(Debug, Default)]
pub struct ConnectionChange {
    /// What people call it.
    pub name: Option<String>,
    /// What requests need not say, whole.
    pub settings: Option<Settings>,
    /// Who may see it.
    pub visibility: Option<Visibility>,
    /// What it proves itself with, checked with the provider.
    pub credentials: Option<crate::NewCredentials>,
}

/// A connection to make.
#[derive(Debug)]
pub struct NewConnection {
    /// Who to connect to.
    pub provider: Provider,
    /// What it proves itself with, checked with the provider.
    pub credentials: crate::NewCredentials,
    /// What requests need not say.
    pub settings: Settings,
    /// What people call it; none: what the provider calls the account.
    pub name: Option<String>,
    /// Who in the space may see and use it.
    pub visibility: Visibility,
}

/// Which kind of thing a target picker shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceKind {
    /// GitHub: repositories.
    Repository,
    /// Notion: pages and data sources.
    Page,
    /// Jira: projects.
    Project,
    /// Jira: issue types of the connection's project, or of the one that `query` names.
    IssueType,
}

/// A target that a connection can reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// What to send for it.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Its address, where it has one.
    pub url: Option<String>,
}
