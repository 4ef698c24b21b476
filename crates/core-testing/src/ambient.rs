use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use core_kernel::{Ambient, Clock, Ids, Rng, Timestamp};
use uuid::Uuid;

/// A clock that stands still until it is told otherwise. It starts at 2026-01-16T14:40:00Z.
#[derive(Debug)]
pub struct FrozenClock(AtomicI64);

impl Default for FrozenClock {
    fn default() -> Self {
        Self(AtomicI64::new(1_768_574_400_000))
    }
}

impl FrozenClock {
    /// Moves on.
    pub fn advance(&self, duration: Duration) {
        self.0.fetch_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }

    /// Jumps to a moment.
    pub fn set(&self, to: Timestamp) {
        self.0.store(to.millis(), Ordering::SeqCst);
    }
}

impl Clock for FrozenClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Ids that count from one, in the form of UUIDv7.
#[derive(Debug, Default)]
pub struct CountingIds(AtomicU64);

impl Ids for CountingIds {
    fn next(&self) -> Uuid {
        let number = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        Uuid::from_u128((0x0190_0000_0000_7000_8000_u128 << 48) | u128::from(number))
    }
}

/// Bytes that look random and are the same in every run (SplitMix64). Never use it outside tests.
#[derive(Debug, Default)]
pub struct SeededRng(AtomicU64);

impl Rng for SeededRng {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let mut word = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst).wrapping_add(0x9e37_79b9_7f4a_7c15);
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            word ^= word >> 31;
            for (byte, random) in chunk.iter_mut().zip(word.to_le_bytes()) {
                *byte = random;
            }
        }
    }
}

/// An [`Ambient`] with its clock in reach.
#[derive(Clone, Debug)]
pub struct TestAmbient {
    /// What services take.
    pub ambient: Ambient,
    /// The clock in it.
    pub clock: Arc<FrozenClock>,
}

impl Default for TestAmbient {
    fn default() -> Self {
        let clock = Arc::new(FrozenClock::default());
        let ambient = Ambient {
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            ids: Arc::new(CountingIds::default()),
            rng: Arc::new(SeededRng::default()),
        };
        Self { ambient, clock }
    }
}
