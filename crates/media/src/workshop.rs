use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use rayon::{ThreadPool, ThreadPoolBuilder};
use tokio::sync::{Semaphore, oneshot};

use crate::MediaError;

/// Where pictures are worked on: as many at once as there are workers, off the threads that serve, and a bounded number that waits.
///
/// The workers are threads of its own, begun with the first picture. An allocator keeps some of what a thread has used for that thread, and a
/// picture takes tens of megabytes: on the runtime's threads for blocking work, which take turns, that was kept dozens of times over.
#[derive(Clone, Debug)]
pub(crate) struct Workshop {
    workers: usize,
    threads: Arc<OnceLock<ThreadPool>>,
    places: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    most_waiting: usize,
}

impl Workshop {
    pub(crate) fn new(workers: usize, most_waiting: usize) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let places = if workers == 0 { cores } else { workers };
        Self {
            workers: places,
            threads: Arc::default(),
            places: Arc::new(Semaphore::new(places)),
            waiting: Arc::default(),
            most_waiting,
        }
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
        let (tell, told) = oneshot::channel();
        let run = move || {
            let _place = place;
            let done = std::panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_panic| {
                tracing::error!("a decoder panicked");
                Err(crate::pictures::Refusal::Broken.into())
            });
            // Who has left does not want to know.
            drop(tell.send(done));
        };
        self.threads()?.spawn(run);
        told.await.map_err(|gone| MediaError::Internal(gone.to_string()))?
    }

    fn threads(&self) -> Result<&ThreadPool, MediaError> {
        if let Some(threads) = self.threads.get() {
            return Ok(threads);
        }
        let begun = ThreadPoolBuilder::new().num_threads(self.workers).thread_name(|number| format!("pictures-{number}")).build();
        let begun = begun.map_err(|error| MediaError::Internal(error.to_string()))?;
        Ok(self.threads.get_or_init(|| begun))
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
    use std::collections::HashSet;

    use super::*;

    #[tokio::test]
    async fn work_that_panics_fails_alone_and_its_place_is_free_again() {
        let workshop = Workshop::new(1, 4);
        let broken = workshop.run::<()>(|| panic!("a decoder's bug")).await;
        assert!(matches!(broken, Err(MediaError::Refused(_))));
        assert_eq!(workshop.run(|| Ok(7)).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn all_pictures_are_worked_on_by_the_same_few_threads() {
        let workshop = Workshop::new(2, 64);
        let works = (0..64).map(|_| workshop.run(|| Ok(std::thread::current().id())));
        let threads: HashSet<_> = futures_util::future::try_join_all(works).await.unwrap().into_iter().collect();
        assert!(threads.len() <= 2, "{threads:?}");
        assert!(!threads.contains(&std::thread::current().id()));
    }

    #[tokio::test]
    async fn more_than_may_wait_are_refused() {
        let workshop = Workshop::new(1, 0);
        assert!(matches!(workshop.run(|| Ok(())).await, Err(MediaError::Busy)));
    }
}
