//! How often a vendor may be called.

use std::collections::{BTreeMap, VecDeque};

/// At most `count` calls in any window of this length, strictly: no allowance beyond it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) count: usize,
    pub(crate) millis: i64,
}

/// Calls by whom they are counted for.
#[derive(Debug, Default)]
pub(crate) struct Counted(BTreeMap<String, VecDeque<i64>>);

impl Counted {
    /// Counts a call, or says after how many milliseconds there is room for one.
    pub(crate) fn take(&mut self, key: &str, window: Window, now: i64) -> Result<(), i64> {
        let calls = self.0.entry(key.to_owned()).or_default();
        while calls.front().is_some_and(|first| *first <= now - window.millis) {
            calls.pop_front();
        }
        if calls.len() < window.count {
            calls.push_back(now);
            return Ok(());
        }
        Err(calls.front().map_or(window.millis, |first| first + window.millis - now))
    }
}

/// Whole seconds, as `Retry-After` has them, at least one.
pub(crate) fn seconds(millis: i64) -> i64 {
    millis.div_euclid(1000) + i64::from(millis.rem_euclid(1000) > 0).max(i64::from(millis <= 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_window_holds_more_than_its_count() {
        let (mut counted, window) = (Counted::default(), Window { count: 3, millis: 1000 });
        for now in [0, 100, 900] {
            assert_eq!(counted.take("a", window, now), Ok(()));
        }
        assert_eq!(counted.take("a", window, 950), Err(50));
        assert_eq!(counted.take("b", window, 950), Ok(()));
        assert_eq!(counted.take("a", window, 1000), Ok(()));
        assert_eq!(counted.take("a", window, 1001), Err(99));
        assert_eq!((seconds(50), seconds(1000), seconds(1001)), (1, 1, 2));
    }
}
