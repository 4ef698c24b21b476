use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Settings of webhooks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhooksConfig {
    /// The most endpoints of a space.
    pub max_endpoints: u64,
    /// How long an endpoint may take to answer, in seconds.
    pub timeout_seconds: u64,
    /// An endpoint that failed for this many hours without a success in between is disabled.
    pub disable_after_hours: u64,
    /// How long what was sent, and how it went, is kept, in days.
    pub keep_days: u64,
    /// The most attempts that are kept of one endpoint.
    pub keep_attempts: u64,
}

impl Default for WebhooksConfig {
    fn default() -> Self {
        Self { max_endpoints: 50, timeout_seconds: 15, disable_after_hours: 120, keep_days: 30, keep_attempts: 10_000 }
    }
}

impl WebhooksConfig {
    /// What is wrong with it: setting and rule.
    pub fn validate(&self) -> Vec<(&'static str, String)> {
        let rules = [
            ((1..=10_000).contains(&self.max_endpoints), "max_endpoints", "must be 1 to 10000"),
            ((1..=30).contains(&self.timeout_seconds), "timeout_seconds", "must be 1 to 30"),
            ((1..=2160).contains(&self.disable_after_hours), "disable_after_hours", "must be 1 to 2160"),
            // A message waits up to four days for its last try.
            ((5..=3650).contains(&self.keep_days), "keep_days", "must be 5 to 3650"),
            ((100..=1_000_000).contains(&self.keep_attempts), "keep_attempts", "must be 100 to 1000000"),
        ];
        rules.into_iter().filter(|(holds, ..)| !holds).map(|(_, name, rule)| (name, rule.to_owned())).collect()
    }

    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds)
    }

    pub(crate) fn patience(&self) -> Duration {
        Duration::from_hours(self.disable_after_hours)
    }

    pub(crate) fn keep(&self) -> Duration {
        Duration::from_hours(self.keep_days * 24)
    }
}
