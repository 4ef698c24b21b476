use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Settings of the queue's upkeep and of the feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JobsConfig {
    /// Jobs that succeeded or were called off are kept this many days.
    pub keep_done_days: u64,
    /// Jobs that gave up are kept this many days.
    pub keep_dead_days: u64,
    /// Events are kept this many days; a client that was away for longer misses some.
    pub keep_events_days: u64,
    /// A feed ends after this many seconds, and its client comes back with `Last-Event-ID`: a right that was taken away ends
    /// within this time.
    pub feed_seconds: u64,
    /// How often a feed looks for events when no wake-up comes, in milliseconds.
    pub feed_poll_ms: u64,
    /// A job that could have run for this many seconds and has not makes readiness report that nobody works.
    pub backlog_seconds: u64,
}

impl Default for JobsConfig {
    fn default() -> Self {
        Self {
            keep_done_days: 7,
            keep_dead_days: 30,
            keep_events_days: 30,
            feed_seconds: 300,
            feed_poll_ms: 2000,
            backlog_seconds: 300,
        }
    }
}

impl JobsConfig {
    /// Every setting that makes no sense, as key and reason.
    pub fn validate(&self) -> Vec<(&'static str, String)> {
        let bounds = [
            ("keep_done_days", self.keep_done_days, 1, 3650),
            ("keep_dead_days", self.keep_dead_days, 1, 3650),
            ("keep_events_days", self.keep_events_days, 1, 3650),
            ("feed_seconds", self.feed_seconds, 1, 3600),
            ("feed_poll_ms", self.feed_poll_ms, 50, 60_000),
            ("backlog_seconds", self.backlog_seconds, 10, 86_400),
        ];
        let wrong = bounds.into_iter().filter(|(_, value, least, most)| !(least..=most).contains(&value));
        wrong.map(|(key, _, least, most)| (key, format!("must be {least} to {most}"))).collect()
    }

    pub(crate) fn feed_life(&self) -> Duration {
        Duration::from_secs(self.feed_seconds.max(1))
    }

    pub(crate) fn feed_poll(&self) -> Duration {
        Duration::from_millis(self.feed_poll_ms.max(50))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_make_no_sense_are_named() {
        assert!(JobsConfig::default().validate().is_empty());
        let wrong = JobsConfig { keep_dead_days: 0, feed_poll_ms: 1, ..JobsConfig::default() };
        let keys: Vec<_> = wrong.validate().into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["keep_dead_days", "feed_poll_ms"]);
    }
}
