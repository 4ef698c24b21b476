use std::time::Duration;

use core_kernel::Rng;

/// How long to wait before the next try: exponential, capped, with full jitter, so that jobs that failed together do not come
/// back together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The longest wait after the first failure.
    pub base: Duration,
    /// The longest wait ever.
    pub cap: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { base: Duration::from_secs(2), cap: Duration::from_hours(1) }
    }
}

impl Backoff {
    /// The wait after try number `attempt` (1 is the first): between zero and `base * 2^(attempt-1)`, at most `cap`.
    pub fn wait(&self, attempt: i32, rng: &dyn Rng) -> Duration {
        let doublings = u32::try_from(attempt.saturating_sub(1)).unwrap_or(0).min(30);
        let longest = self.base.saturating_mul(1_u32 << doublings).min(self.cap);
        let mut bytes = [0_u8; 4];
        rng.fill(&mut bytes);
        longest.mul_f64(f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Fixed(u8);

    impl Rng for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn the_wait_doubles_up_to_the_cap() {
        let backoff = Backoff::default();
        let waits: Vec<u64> = (1..=13).map(|attempt| backoff.wait(attempt, &Fixed(0xff)).as_secs()).collect();
        assert_eq!(waits, [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600]);
    }

    #[test]
    fn full_jitter_may_bring_the_wait_down_to_nothing() {
        assert_eq!(Backoff::default().wait(5, &Fixed(0)), Duration::ZERO);
        assert_eq!(Backoff::default().wait(i32::MAX, &Fixed(0xff)).as_secs(), 3600);
    }
}
