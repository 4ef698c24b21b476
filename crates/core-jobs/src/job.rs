use std::time::Duration;

use core_kernel::{Owner, Timestamp, typed_id};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

typed_id! {
    /// A queued piece of work.
    JobId
}

/// A piece of work that outlives a request. It runs at least once, so handlers must be safe to repeat.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// `feature.verb_noun`, stable: queued rows carry it.
    const NAME: &'static str;
    /// Raised when the payload changes its shape; the handler sees older ones too.
    const VERSION: i32 = 1;
    /// How often it is tried before it is dead. A crash counts as a try.
    const MAX_ATTEMPTS: i32 = 8;
    /// How long one try may take.
    const TIMEOUT: Duration = Duration::from_mins(1);
    /// True when the payload holds a token or an address: it is stored sealed.
    const SEALED: bool = false;
    /// Which queue it waits in.
    const QUEUE: &'static str = "default";
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// Waits for its time or for a free worker.
    Ready,
    /// A worker has it.
    Running,
    /// Succeeded.
    Done,
    /// Gave up; an administrator can retry it.
    Dead,
    /// Called off.
    Cancelled,
}

impl JobState {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Running => "running",
            Self::Done => "done",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Ready, Self::Running, Self::Done, Self::Dead, Self::Cancelled].into_iter().find(|state| state.as_str() == word)
    }
}

/// What administration sees of a job; payloads stay inside.
#[derive(Clone, Debug, PartialEq)]
pub struct JobStatus {
    /// Its id.
    pub id: JobId,
    /// Queue.
    pub queue: String,
    /// Name.
    pub name: String,
    /// State.
    pub state: JobState,
    /// Tries so far.
    pub attempt: i32,
    /// Tries at most.
    pub max_attempts: i32,
    /// Higher runs first.
    pub priority: i32,
    /// For whom.
    pub owner: Option<Owner>,
    /// When it may run next.
    pub run_at: Timestamp,
    /// What the last try said, without secrets.
    pub last_error: Option<String>,
    /// What the handler reported.
    pub progress: Option<serde_json::Value>,
    /// When it was queued.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}
