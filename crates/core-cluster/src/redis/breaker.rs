use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Spares a server that does not answer, and the callers the wait: after some failures in a row, calls fail at once for a
/// while; then one call per pause tries whether it is back.
#[derive(Debug)]
pub(crate) struct Breaker {
    state: Mutex<State>,
    threshold: u32,
    pause: Duration,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    closed_again_at: Option<Instant>,
}

impl Breaker {
    pub(crate) fn new(threshold: u32, pause: Duration) -> Self {
        Self { state: Mutex::default(), threshold: threshold.max(1), pause }
    }

    /// True when a call may go through.
    pub(crate) fn admits(&self, now: Instant) -> bool {
        self.with(|state| match state.closed_again_at {
            None => true,
            Some(at) if now < at => false,
            Some(_) => {
                // This caller is the one that tries; everybody else waits for its result or for the next pause.
                state.closed_again_at = Some(now + self.pause);
                true
            }
        })
    }

    pub(crate) fn succeeded(&self) {
        self.with(|state| *state = State::default());
    }

    pub(crate) fn failed(&self, now: Instant) {
        self.with(|state| {
            state.failures = state.failures.saturating_add(1);
            if state.failures == self.threshold {
                tracing::warn!(failures = state.failures, "the shared state fails repeatedly; calls to it pause");
            }
            if state.failures >= self.threshold {
                state.closed_again_at = Some(now + self.pause);
            }
        });
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_failures_pause_calls_then_one_tries_and_its_success_opens_the_way() {
        let breaker = Breaker::new(3, Duration::from_secs(10));
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        for _ in 0..2 {
            breaker.failed(start);
            assert!(breaker.admits(start));
        }
        breaker.failed(start);
        assert!(!breaker.admits(at(9)));
        assert!(breaker.admits(at(10)), "one call tries");
        assert!(!breaker.admits(at(10)), "the others wait");
        breaker.failed(at(11));
        assert!(!breaker.admits(at(20)));
        assert!(breaker.admits(at(21)));
        breaker.succeeded();
        assert!(breaker.admits(at(21)) && breaker.admits(at(21)));
    }

    #[test]
    fn a_success_in_between_forgives_the_failures_before() {
        let breaker = Breaker::new(2, Duration::from_secs(10));
        let now = Instant::now();
        for _ in 0..5 {
            breaker.failed(now);
            breaker.succeeded();
        }
        assert!(breaker.admits(now));
    }
}
