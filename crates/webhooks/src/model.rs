use core_egress::Url;
use core_kernel::{Owner, Timestamp, UserId, Visibility, typed_id};
use serde::{Deserialize, Serialize};

typed_id! {
    /// A place that events are sent to.
    EndpointId
}

typed_id! {
    /// One event on its way to one endpoint.
    MessageId
}

typed_id! {
    /// One try to deliver a message.
    AttemptId
}

/// A place that events are sent to.
#[derive(Clone, Debug, PartialEq)]
pub struct Endpoint {
    /// Which.
    pub id: EndpointId,
    /// The space whose events it gets.
    pub owner: Owner,
    /// Who made it.
    pub created_by: UserId,
    /// Who in an organisation sees it, and whose events it gets there.
    pub visibility: Visibility,
    /// Where.
    pub url: Url,
    /// What it is for.
    pub description: Option<String>,
    /// Which events.
    pub events: EventFilter,
    /// Whether anything is sent.
    pub status: EndpointStatus,
    /// Since when every attempt failed; none: the last one succeeded.
    pub failing_since: Option<Timestamp>,
    /// The secrets that sign now, newest first.
    pub secrets: Vec<SecretInfo>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Raised with every change.
    pub version: i64,
}

/// Whether anything is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointStatus {
    /// Yes.
    Enabled,
    /// No.
    Disabled {
        /// Why.
        reason: DisabledReason,
        /// Since when.
        at: Timestamp,
    },
}

/// Why nothing is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisabledReason {
    /// Somebody switched it off.
    Manual,
    /// It answered 410 Gone.
    Gone,
    /// It failed for too long.
    Failing,
    /// Whoever made it for themselves left the organisation.
    CreatorLeft,
}

impl DisabledReason {
    const ALL: [Self; 4] = [Self::Manual, Self::Gone, Self::Failing, Self::CreatorLeft];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Gone => "gone",
            Self::Failing => "failing",
            Self::CreatorLeft => "creator_left",
        }
    }

    /// Reads the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

/// A secret that signs, without itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretInfo {
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it signs; none: until it is rotated.
    pub expires_at: Option<Timestamp>,
}

/// Which events an endpoint gets: names such as `media.ready`, families such as `conversation.*`, or `*`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventFilter(pub(crate) Vec<String>);

impl EventFilter {
    /// Every event.
    pub fn everything() -> Self {
        Self(vec!["*".to_owned()])
    }

    /// True when events of this type are sent.
    pub fn takes(&self, event_type: &str) -> bool {
        self.0.iter().any(|pattern| matches(pattern, event_type))
    }

    /// The patterns.
    pub fn patterns(&self) -> &[String] {
        &self.0
    }
}

/// `*` is everything, `media.*` what begins with `media.`, anything else itself.
pub(crate) fn matches(pattern: &str, event_type: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(family) => event_type.starts_with(family),
        None => pattern == event_type,
    }
}

/// An endpoint to be made. Texts are as they came; the facade judges them.
#[derive(Clone, Debug, Default)]
pub struct NewEndpoint {
    /// Where.
    pub url: String,
    /// What it is for.
    pub description: Option<String>,
    /// Which events; none: every one.
    pub events: Option<Vec<String>>,
    /// Who in an organisation sees it.
    pub visibility: Visibility,
}

/// What is to change.
#[derive(Clone, Debug, Default)]
pub struct EndpointChange {
    /// Where.
    pub url: Option<String>,
    /// What it is for; `Some(None)` removes it.
    pub description: Option<Option<String>>,
    /// Which events.
    pub events: Option<Vec<String>>,
    /// Who in an organisation sees it.
    pub visibility: Option<Visibility>,
    /// Whether anything is sent.
    pub enabled: Option<bool>,
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// It is sent, or sent again, at its time.
    Pending,
    /// The endpoint took it.
    Delivered,
    /// Every try failed.
    Failed,
    /// The endpoint was disabled before it was taken.
    Cancelled,
    /// It was sent to try the endpoint: nothing that happened.
    Test,
}

impl MessageState {
    const ALL: [Self; 5] = [Self::Pending, Self::Delivered, Self::Failed, Self::Cancelled, Self::Test];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Test => "test",
        }
    }

    /// Reads the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// One event on its way to one endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Which.
    pub id: MessageId,
    /// Whose.
    pub owner: Owner,
    /// To which endpoint.
    pub endpoint: EndpointId,
    /// The event; what `webhook-id` is made of.
    pub event: uuid::Uuid,
    /// Its type.
    pub event_type: String,
    /// The bytes that are sent, the same each time.
    pub body: String,
    /// Where it stands.
    pub state: MessageState,
    /// How often it was asked to be sent: raised by each replay.
    pub round: i32,
    /// Tries of this round.
    pub tries: i32,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Message {
    /// `webhook-id`: the same in every try, every replay and at every endpoint of one event.
    pub fn webhook_id(&self) -> String {
        webhook_id(self.event)
    }
}

pub(crate) fn webhook_id(event: uuid::Uuid) -> String {
    format!("msg_{}", event.simple())
}

/// One try to deliver a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Which.
    pub id: AttemptId,
    /// Whose.
    pub owner: Owner,
    /// To which endpoint.
    pub endpoint: EndpointId,
    /// Of which message.
    pub message: MessageId,
    /// The event of the message.
    pub event: uuid::Uuid,
    /// The type of the event.
    pub event_type: String,
    /// 1 for the first try of a round.
    pub number: i32,
    /// How it went.
    pub exchange: Exchange,
    /// When the next try is made; none: there is none.
    pub retry_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What was answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exchange {
    /// The status; none: there was no answer.
    pub status: Option<u16>,
    /// Why there was no answer.
    pub error: Option<String>,
    /// The beginning of the answer's body.
    pub answer: Option<String>,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
    /// How long the endpoint asked to be left alone, in seconds.
    pub retry_after: Option<u64>,
}

impl Exchange {
    /// Only 2xx is success: a redirect is not followed.
    pub fn succeeded(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_takes_names_families_and_everything() {
        let filter = EventFilter(vec!["media.ready".to_owned(), "conversation.*".to_owned()]);
        for taken in ["media.ready", "conversation.message.completed"] {
            assert!(filter.takes(taken), "{taken}");
        }
        for left in ["media.ready.now", "media", "conversations.deleted", "user.created"] {
            assert!(!filter.takes(left), "{left}");
        }
        assert!(EventFilter::everything().takes("anything.at_all"));
    }
}
