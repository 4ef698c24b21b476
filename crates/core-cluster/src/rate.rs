use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;

use crate::ClusterError;

/// How much of something is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// How much at once, when nothing was used for `period`. Zero allows nothing.
    pub burst: u32,
    /// In which time the whole burst comes back; it comes back evenly.
    pub period: Duration,
}

impl Quota {
    /// `burst` at once, and again after `period` without use.
    pub const fn new(burst: u32, period: Duration) -> Self {
        Self { burst, period }
    }

    /// `burst` per second.
    pub const fn per_second(burst: u32) -> Self {
        Self::new(burst, Duration::from_secs(1))
    }

    /// `burst` per minute.
    pub const fn per_minute(burst: u32) -> Self {
        Self::new(burst, Duration::from_mins(1))
    }

    /// `burst` per hour.
    pub const fn per_hour(burst: u32) -> Self {
        Self::new(burst, Duration::from_hours(1))
    }

    /// Microseconds after which one unit comes back; at least one.
    pub(crate) fn interval_micros(&self) -> u64 {
        let period = u64::try_from(self.period.as_micros()).unwrap_or(u64::MAX).min(MAX_PERIOD_MICROS);
        (period / u64::from(self.burst.max(1))).max(1)
    }
}

/// A year. Keeps every sum of times below 2^53, where Redis' numbers are exact.
const MAX_PERIOD_MICROS: u64 = 365 * 24 * 3600 * 1_000_000;

/// Whether it is allowed now, and what is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Allowed, and counted.
    pub allowed: bool,
    /// The burst of the quota.
    pub limit: u32,
    /// What is left after this check.
    pub remaining: u32,
    /// When the same check would be allowed; zero when it was. A cost above the burst is never allowed; then it is the period.
    pub retry_after: Duration,
    /// When all of the burst is there again.
    pub reset_after: Duration,
}

/// Counts and limits, by the generic cell rate algorithm (GCRA, ITU-T I.371): no window borders at which twice the burst fits.
#[async_trait]
pub trait RateLimiter: Send + Sync + Debug {
    /// Takes `cost` from what `key` may use, or nothing when there is not enough. A cost of zero only looks.
    async fn check(&self, key: &str, quota: Quota, cost: u32) -> Result<Decision, ClusterError>;

    /// Gives `key` its whole burst again.
    async fn forget(&self, key: &str) -> Result<(), ClusterError>;
}

/// The state of a key after a check: until when its use reaches, in microseconds on the clock's scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gcra {
    pub(crate) decision: Decision,
    /// What to store; none when nothing changes.
    pub(crate) store: Option<u64>,
}

/// The algorithm itself. `stored` is the theoretical arrival time kept from the last allowed check.
pub(crate) fn gcra(now: u64, stored: Option<u64>, quota: Quota, cost: u32) -> Gcra {
    let interval = quota.interval_micros();
    let tolerance = interval.saturating_mul(u64::from(quota.burst));
    // A quota that was lowered, or a clock that was set back, must not lock a key for longer than one burst.
    let arrival = stored.unwrap_or(now).clamp(now, now.saturating_add(tolerance));
    let next = arrival.saturating_add(interval.saturating_mul(u64::from(cost)));
    let allow_at = next.saturating_sub(tolerance);
    let allowed = cost <= quota.burst && quota.burst > 0 && allow_at <= now;
    let used = if allowed { next } else { arrival } - now;
    let retry_after = match (allowed, cost <= quota.burst && quota.burst > 0) {
        (true, _) => Duration::ZERO,
        (false, true) => Duration::from_micros(allow_at - now),
        (false, false) => quota.period,
    };
    let decision = Decision {
        allowed,
        limit: quota.burst,
        remaining: u32::try_from((tolerance.saturating_sub(used)) / interval).unwrap_or(u32::MAX).min(quota.burst),
        retry_after,
        reset_after: Duration::from_micros(used),
    };
    Gcra { decision, store: (allowed && cost > 0).then_some(next) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_burst_passes_the_next_waits_for_one_unit_and_then_passes() {
        let quota = Quota::per_minute(5);
        let (mut now, mut stored) = (1_000_000_000, None);
        for left in (0..5).rev() {
            let step = gcra(now, stored, quota, 1);
            assert!(step.decision.allowed);
            assert_eq!(step.decision.remaining, left);
            stored = step.store;
        }
        let refused = gcra(now, stored, quota, 1);
        assert_eq!((refused.decision.allowed, refused.store), (false, None));
        assert_eq!(refused.decision.retry_after, Duration::from_secs(12));
        assert_eq!(refused.decision.reset_after, Duration::from_mins(1));
        now += 12_000_000;
        assert!(gcra(now, stored, quota, 1).decision.allowed);
        assert!(!gcra(now, stored, quota, 2).decision.allowed);
    }

    #[test]
    fn more_than_the_burst_is_never_allowed_and_zero_only_looks() {
        let quota = Quota::per_minute(5);
        assert_eq!(gcra(0, None, quota, 6).decision.retry_after, quota.period);
        assert!(!gcra(0, None, Quota::per_minute(0), 1).decision.allowed);
        let look = gcra(0, None, quota, 0);
        assert_eq!((look.decision.allowed, look.decision.remaining, look.store), (true, 5, None));
    }

    #[test]
    fn a_lowered_quota_locks_nobody_longer_than_its_own_period() {
        let far = 1_000_000_000_000;
        assert!(gcra(0, Some(far), Quota::per_second(2), 1).decision.retry_after <= Duration::from_secs(1));
    }

    proptest! {
        #[test]
        fn never_more_than_the_burst_and_what_came_back_is_allowed(
            burst in 1_u32..50,
            period in 1_000_u64..100_000_000,
            steps in prop::collection::vec((0_u64..5_000_000, 1_u32..5), 1..100),
        ) {
            let quota = Quota::new(burst, Duration::from_micros(period));
            let (mut now, mut stored, mut used) = (0, None, 0_u64);
            for (wait, cost) in steps {
                now += wait;
                let step = gcra(now, stored, quota, cost);
                if step.decision.allowed {
                    used += u64::from(cost);
                    stored = step.store;
                } else if cost <= burst {
                    let later = now + u64::try_from(step.decision.retry_after.as_micros()).unwrap();
                    prop_assert!(gcra(later, stored, quota, cost).decision.allowed);
                    prop_assert!(later == now || !gcra(later - 1, stored, quota, cost).decision.allowed);
                }
                prop_assert!(used <= u64::from(burst) + now / quota.interval_micros());
            }
        }
    }
}
