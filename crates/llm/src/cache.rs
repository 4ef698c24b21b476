use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use moka::sync::Cache;
use serde::{Deserialize, Serialize};

use crate::chat::{Evidence, ToolCall};

/// Answers that are given again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CacheConfig {
    /// How long an answer is given again to the same question of the same person; 0: never.
    pub seconds: u64,
    /// The most answers that are kept.
    pub entries: u64,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self { seconds: 0, entries: 1_000 }
    }
}

/// A whole answer.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) text: String,
    pub(crate) reasoning: String,
    pub(crate) tool_calls: Vec<ToolCall>,
    pub(crate) provider: String,
    pub(crate) model: String,
    pub(crate) evidence: Evidence,
}

/// Whole answers by everything that was asked, person and space included. Of the same questions at the same time one is asked and the others wait for
/// its answer.
#[derive(Debug)]
pub(crate) struct Answers {
    kept: Cache<String, Arc<Kept>>,
    asking: Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>,
    on: bool,
}

impl Answers {
    pub(crate) fn new(config: CacheConfig) -> Self {
        let kept = Cache::builder().max_capacity(config.entries).time_to_live(Duration::from_secs(config.seconds.max(1))).build();
        Self { kept, asking: Mutex::default(), on: config.seconds > 0 }
    }

    pub(crate) fn is_on(&self) -> bool {
        self.on
    }

    pub(crate) fn get(&self, key: &str) -> Option<Arc<Kept>> {
        self.kept.get(key)
    }

    pub(crate) fn keep(&self, key: String, answer: Kept) {
        self.kept.insert(key, Arc::new(answer));
    }

    /// The turn of a question: whoever holds it asks, the others wait.
    pub(crate) fn turn(&self, key: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = asking.get(key).and_then(Weak::upgrade) {
            return turn;
        }
        asking.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::new(tokio::sync::Mutex::new(()));
        asking.insert(key.to_owned(), Arc::downgrade(&turn));
        turn
    }
}
