use core_kernel::{Owner, Secret, Timestamp, UserId, Visibility, typed_id};
use serde::{Deserialize, Serialize};

typed_id! {
    /// A place that a provider sends to.
    HookId
}

typed_id! {
    /// Something that a provider sent.
    HookEventId
}

/// Who sends, and how it is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HookKind {
    /// GitHub: `X-Hub-Signature-256` over the body.
    Github,
    /// Notion: `X-Notion-Signature` over the body, by the token of its handshake.
    Notion,
    /// Jira, registered by an administrator with a secret: `X-Hub-Signature` over the body.
    Jira,
    /// Jira, registered by an app: a token (JWT, HS256) by the app's client secret, which does not cover the body.
    JiraApp,
}

impl HookKind {
    pub(super) const ALL: [Self; 4] = [Self::Github, Self::Notion, Self::Jira, Self::JiraApp];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Github => "github",
            Self::Notion => "notion",
            Self::Jira => "jira",
            Self::JiraApp => "jira_app",
        }
    }

    /// Reads the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Who sends.
    pub const fn provider(self) -> &'static str {
        match self {
            Self::Github => "github",
            Self::Notion => "notion",
            Self::Jira | Self::JiraApp => "jira",
        }
    }
}

/// How far a hook is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HookStatus {
    /// Nothing proven has come yet. A Notion hook takes its token now, and only now.
    Pending,
    /// Notion sent its token, which has to be confirmed at Notion.
    Verifying,
    /// Something proven has come.
    Active,
}

impl HookStatus {
    const ALL: [Self; 3] = [Self::Pending, Self::Verifying, Self::Active];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Verifying => "verifying",
            Self::Active => "active",
        }
    }

    /// Reads the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}

/// A place that a provider sends to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// Which.
    pub id: HookId,
    /// Whose.
    pub owner: Owner,
    /// Who made it.
    pub created_by: UserId,
    /// Who in an organisation sees it.
    pub visibility: Visibility,
    /// Who sends.
    pub kind: HookKind,
    /// What people call it.
    pub name: Option<String>,
    /// How far it is.
    pub status: HookStatus,
    /// Where the provider sends to.
    pub url: String,
    /// The token that Notion sent, while it has to be confirmed there; never afterwards.
    pub verification_token: Option<Secret>,
    /// When something came last.
    pub last_received_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Raised with every change.
    pub version: i64,
}

/// A hook to be made.
#[derive(Clone, Debug)]
pub struct NewHook {
    /// Who sends.
    pub kind: HookKind,
    /// What people call it.
    pub name: Option<String>,
    /// The secret, where it is the provider's: the client secret of a Jira app. The others get one.
    pub secret: Option<Secret>,
    /// Who in an organisation sees it.
    pub visibility: Visibility,
}

/// What the proof covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// The bytes of the body.
    Body,
    /// The sender alone: read what it is about from the provider before acting on it.
    Sender,
}

impl Proof {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Sender => "sender",
        }
    }

    /// Reads the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Body, Self::Sender].into_iter().find(|proof| proof.as_str() == word)
    }
}

/// Something that a provider sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookEvent {
    /// Which.
    pub id: HookEventId,
    /// By which hook.
    pub hook: HookId,
    /// What the provider calls it, such as `issues.opened`.
    pub event_type: String,
    /// The provider's own id of it.
    pub delivery: String,
    /// What is proven.
    pub proof: Proof,
    /// How large its body was.
    pub bytes: i64,
    /// False: the body was not kept, since it was large or the hook has much already, or its time is over.
    pub kept: bool,
    /// When it came.
    pub received_at: Timestamp,
}

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// It was stored and published.
    Accepted(HookEventId),
    /// It was there already; nothing was done.
    Duplicate,
    /// The provider asked whether anybody is there.
    Pong,
    /// Notion's token was taken.
    Handshake,
}
