//! Everything in one process.

mod bus;
mod expiring;
mod limits;
mod locks;
mod values;

#[cfg(feature = "redis")]
pub(crate) use bus::Hub;
pub(crate) use bus::MemoryBus;
pub(crate) use limits::MemoryLimits;
pub(crate) use locks::MemoryLocks;
pub(crate) use values::MemoryValues;

#[cfg(test)]
mod testing {
    use std::sync::atomic::{AtomicI64, Ordering};
    use std::time::Duration;

    use core_kernel::{Clock, Timestamp};

    /// A clock that stands still until it is told to move.
    #[derive(Debug, Default)]
    pub(crate) struct Frozen(AtomicI64);

    impl Frozen {
        pub(crate) fn pass(&self, time: Duration) {
            self.0.fetch_add(i64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
        }
    }

    impl Clock for Frozen {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(self.0.load(Ordering::SeqCst))
        }
    }
}
