use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Semaphore;

use crate::MediaError;

/// Where pictures are worked on: as many at once as there are workers, off the threads that serve, and a bounded number that waits.
#[derive(Clone, Debug)]
pub(crate) struct Workshop {
    places: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    most_waiting: usize,
}

impl Workshop {
    pub(crate) fn new(workers: usize, most_waiting: usize) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let places = if workers == 0 { cores } else { workers };
        Self { places: Arc::new(Semaphore::new(places)), waiting: Arc::default(), most_waiting }
    }

    /// A place among those who wait, before anything is written for the work: refusing has to be cheap when most are refused.
    pub(crate) fn turn(&self) -> Result<Turn, MediaError> {
        Turn::take(self)
    }

    /// Runs the work when its turn comes.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, MediaError> + Send + 'static,
    ) -> Result<T, MediaError> {
        self.run_in(self.turn()?, work).await
    }

    /// Runs the work when the turn comes that was taken before. A decoder that panics fails its own picture only. Work that has begun goes on to its end
    /// when the caller leaves, and holds its place until then.
    pub(crate) async fn run_in<T: Send + 'static>(
        &self,
        turn: Turn,
        work: impl FnOnce() -> Result<T, MediaError> + Send + 'static,
    ) -> Result<T, MediaError> {
        let place = Arc::clone(&self.places).acquire_owned().await;
        let place = place.map_err(|closed| MediaError::Internal(closed.to_string()))?;
        drop(turn);
        let run = move || {
            let _place = place;
            std::panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_panic| {
                tracing::error!("a decoder panicked");
                Err(crate::pictures::Refusal::Broken.into())
            })
        };
        tokio::task::spawn_blocking(run).await.map_err(|gone| MediaError::Internal(gone.to_string()))?
    }
}

/// A place among those who wait.
#[derive(Debug)]
pub(crate) struct Turn(Arc<AtomicUsize>);

impl Turn {
    fn take(workshop: &Workshop) -> Result<Self, MediaError> {
        let before = workshop.waiting.fetch_add(1, Ordering::SeqCst);
        let turn = Self(Arc::clone(&workshop.waiting));
        if before >= workshop.most_waiting { Err(MediaError::Busy) } else { Ok(turn) }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_panics_fails_alone_and_its_place_is_free_again() {
        let workshop = Workshop::new(1, 4);
        let broken = workshop.run::<()>(|| panic!("a decoder's bug")).await;
        assert!(matches!(broken, Err(MediaError::Refused(_))));
        assert_eq!(workshop.run(|| Ok(7)).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn more_than_may_wait_are_refused() {
        let workshop = Workshop::new(1, 0);
        assert!(matches!(workshop.run(|| Ok(())).await, Err(MediaError::Busy)));
    }
}
