use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use core_kernel::{Clock, Timestamp};
use serde::{Deserialize, Serialize};

use crate::provider::FailureClass;

/// When a target that keeps failing is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BreakerConfig {
    /// Calls in a row that fail, retries counted as one.
    pub failures: u32,
    /// How long it is left alone; ten times as long where its key or its quota is the reason.
    pub open_seconds: u64,
}

impl Default for BreakerConfig {
    fn default() -> Self {
        Self { failures: 5, open_seconds: 30 }
    }
}

/// How a breaker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    /// Calls go through.
    Closed,
    /// The target is left alone.
    Open,
    /// One call is let through to see whether it answers again.
    HalfOpen,
}

#[derive(Clone, Copy, Debug, Default)]
struct Record {
    failures: u32,
    open_until: Option<Timestamp>,
    /// A probe is under way since then.
    probing: Option<Timestamp>,
}

/// Remembers which targets keep failing. A target is a model at a provider.
#[derive(Debug)]
pub(crate) struct Breakers {
    config: BreakerConfig,
    clock: Arc<dyn Clock>,
    records: Mutex<HashMap<String, Record>>,
}

/// The most targets that are remembered: callers may name any model.
const REMEMBERED: usize = 10_000;

impl Breakers {
    pub(crate) fn new(config: BreakerConfig, clock: Arc<dyn Clock>) -> Self {
        Self { config, clock, records: Mutex::default() }
    }

    fn with<T>(&self, change: impl FnOnce(&mut HashMap<String, Record>) -> T) -> T {
        change(&mut self.records.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether a call may go to the target; else how long it is left alone.
    pub(crate) fn admit(&self, target: &str) -> Result<(), Duration> {
        let now = self.clock.now();
        self.with(|records| {
            let Some(record) = records.get_mut(target) else { return Ok(()) };
            let Some(until) = record.open_until else { return Ok(()) };
            if now < until {
                return Err(until.since(now));
            }
            // A probe that never came back does not hold the door shut.
            let patience = Duration::from_secs(self.config.open_seconds);
            if let Some(since) = record.probing
                && now.since(since) < patience
            {
                return Err(patience);
            }
            record.probing = Some(now);
            Ok(())
        })
    }

    /// Notes how a call ended. What says nothing about the target's health changes nothing.
    pub(crate) fn note(&self, target: &str, failure: Option<FailureClass>) {
        let now = self.clock.now();
        let Some(class) = failure else {
            self.with(|records| records.remove(target));
            return;
        };
        let factor = match class {
            FailureClass::Auth | FailureClass::QuotaExhausted => 10,
            FailureClass::Unavailable | FailureClass::Truncated | FailureClass::Protocol => 1,
            // It answered: a refusal is no illness.
            _ => {
                self.with(|records| records.get_mut(target).map(|record| record.probing = None));
                return;
            }
        };
        let open = Duration::from_secs(self.config.open_seconds.saturating_mul(factor));
        self.with(|records| {
            if records.len() >= REMEMBERED && !records.contains_key(target) {
                return;
            }
            let record = records.entry(target.to_owned()).or_default();
            record.failures = record.failures.saturating_add(1);
            record.probing = None;
            if record.failures >= self.config.failures.max(1) {
                record.open_until = Some(now.plus(open));
                tracing::warn!(
                    target_model = target,
                    ?class,
                    seconds = open.as_secs(),
                    "a model keeps failing and is left alone"
                );
            }
        });
    }

    /// Those that are not closed, with when they are tried again.
    pub(crate) fn standing(&self) -> Vec<(String, BreakerState, Timestamp)> {
        let now = self.clock.now();
        let mut standing: Vec<_> = self.with(|records| {
            let open = records.iter().filter_map(|(target, record)| Some((target.clone(), record.open_until?)));
            open.map(|(target, until)| (target, if now < until { BreakerState::Open } else { BreakerState::HalfOpen }, until))
                .collect()
        });
        standing.sort_by(|one: &(String, BreakerState, Timestamp), other| one.0.cmp(&other.0));
        standing
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    #[derive(Debug, Default)]
    struct Hand(AtomicI64);

    impl Clock for Hand {
        fn now(&self) -> Timestamp {
            Timestamp::from_seconds(self.0.load(Ordering::SeqCst))
        }
    }

    fn breakers() -> (Breakers, Arc<Hand>) {
        let clock = Arc::new(Hand::default());
        (Breakers::new(BreakerConfig { failures: 2, open_seconds: 30 }, Arc::clone(&clock) as Arc<dyn Clock>), clock)
    }

    #[test]
    fn a_target_that_keeps_failing_is_left_alone_and_tried_once() {
        let (breakers, clock) = breakers();
        breakers.note("a", Some(FailureClass::Unavailable));
        assert!(breakers.admit("a").is_ok());
        breakers.note("a", Some(FailureClass::Unavailable));
        assert_eq!(breakers.admit("a"), Err(Duration::from_secs(30)));
        assert!(breakers.admit("b").is_ok());
        assert_eq!(breakers.standing()[0].1, BreakerState::Open);
        clock.0.store(30, Ordering::SeqCst);
        assert!(breakers.admit("a").is_ok(), "one probe");
        assert!(breakers.admit("a").is_err(), "and not two");
        breakers.note("a", Some(FailureClass::Unavailable));
        assert!(breakers.admit("a").is_err());
        clock.0.store(60, Ordering::SeqCst);
        assert!(breakers.admit("a").is_ok());
        breakers.note("a", None);
        assert!(breakers.admit("a").is_ok() && breakers.standing().is_empty());
    }

    #[test]
    fn a_refusal_is_no_illness_and_a_spent_quota_a_long_one() {
        let (breakers, _) = breakers();
        for _ in 0..9 {
            breakers.note("a", Some(FailureClass::InvalidRequest));
            breakers.note("b", Some(FailureClass::QuotaExhausted));
        }
        assert!(breakers.admit("a").is_ok());
        assert_eq!(breakers.admit("b"), Err(Duration::from_mins(5)));
    }

    #[test]
    fn a_probe_that_never_ends_does_not_shut_the_door_for_good() {
        let (breakers, clock) = breakers();
        (0..2).for_each(|_| breakers.note("a", Some(FailureClass::Unavailable)));
        clock.0.store(31, Ordering::SeqCst);
        assert!(breakers.admit("a").is_ok());
        clock.0.store(62, Ordering::SeqCst);
        assert!(breakers.admit("a").is_ok());
    }
}
