use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Tells work on other threads to end: because its time is up, or because nobody wants it any more. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Stop {
    flag: Arc<AtomicBool>,
    until: Option<Instant>,
}

impl Stop {
    /// Ends after this long at the latest.
    pub fn after(time: Duration) -> Self {
        Self { flag: Arc::default(), until: Instant::now().checked_add(time) }
    }

    /// Ends when it is told to.
    pub fn never() -> Self {
        Self { flag: Arc::default(), until: None }
    }

    /// Tells it to end.
    pub fn set(&self) {
        self.flag.store(true, Ordering::Relaxed);
    }

    /// True once it is to end.
    pub fn is_set(&self) -> bool {
        if self.flag.load(Ordering::Relaxed) {
            return true;
        }
        let late = self.until.is_some_and(|until| Instant::now() >= until);
        if late {
            self.set();
        }
        late
    }

    /// Sets it when this goes away.
    pub fn on_drop(&self) -> StopOnDrop {
        StopOnDrop(self.clone())
    }
}

/// Sets a [`Stop`] when it goes away, such as with the answer of a client that left.
#[derive(Debug)]
pub struct StopOnDrop(Stop);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.set();
    }
}
