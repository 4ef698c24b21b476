use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use core_db::{Db, DbError};
use core_kernel::Sampling;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::worker::Worker;
use crate::{Backoff, Registry, TableQueue, dispatch, queue};

/// How a process works on jobs.
#[derive(Clone, Copy, Debug)]
pub struct RunnerConfig {
    /// Jobs at the same time.
    pub concurrency: usize,
    /// The longest a job waits for an idle worker when a wake-up was lost.
    pub poll: Duration,
    /// How long a worker may be silent before its jobs are taken back.
    pub lease: Duration,
    /// How long jobs may go on at shutdown before they are called off and given back.
    pub grace: Duration,
    /// Waits between tries.
    pub backoff: Backoff,
    /// Which traces are recorded of those that begin with a job, such as that of a schedule.
    pub sampling: Sampling,
}

impl Default for RunnerConfig {
    fn default() -> Self {
        Self {
            concurrency: 4,
            poll: Duration::from_secs(1),
            lease: Duration::from_secs(30),
            grace: Duration::from_secs(20),
            backoff: Backoff::default(),
            sampling: Sampling::default(),
        }
    }
}

/// Dispatches events, fires schedules and runs jobs.
pub struct Runner {
    worker: Arc<Worker>,
    config: RunnerConfig,
    tasks: TaskTracker,
}

impl std::fmt::Debug for Runner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner").field("worker", &self.worker.id).field("config", &self.config).finish_non_exhaustive()
    }
}

impl Runner {
    /// A runner of everything that is registered.
    pub fn new(db: Db, registry: Registry, config: RunnerConfig) -> Self {
        let worker = Worker {
            id: db.ambient().ids.next(),
            queue: Arc::new(TableQueue::new(db.clone())),
            registry: Arc::new(registry),
            backoff: config.backoff,
            sampling: config.sampling,
            running: Mutex::new(HashMap::new()),
            db,
        };
        Self { worker: Arc::new(worker), config, tasks: TaskTracker::new() }
    }

    /// Works until `stop`; then takes nothing new, lets jobs finish within the grace time, calls off the rest and gives them back
    /// untried. The database may come and go meanwhile.
    pub async fn run(&self, stop: CancellationToken) {
        let calling_off = CancellationToken::new();
        let signal = self.worker.db.signal(queue::SIGNAL);
        let heartbeat = self.heartbeats(stop.clone());
        let relay = self.worker.db.relay_signals();
        let work = async {
            while !stop.is_cancelled() {
                let woken = signal.notified();
                match self.turn(&calling_off).await {
                    Ok(0) => {
                        tokio::select! {
                            () = woken => {}
                            () = tokio::time::sleep(self.pause()) => {}
                            () = stop.cancelled() => {}
                        }
                    }
                    Ok(_) => {}
                    Err(error) => {
                        tracing::warn!(%error, "the job queue can't be read; trying again");
                        tokio::select! {
                            () = tokio::time::sleep(self.config.poll) => {}
                            () = stop.cancelled() => {}
                        }
                    }
                }
            }
        };
        tokio::select! {
            () = work => {}
            () = heartbeat => {}
            () = relay => {}
        }
        self.finish(&calling_off).await;
    }

    /// The poll interval, up to a quarter longer, so that replicas fall out of step.
    fn pause(&self) -> Duration {
        let mut byte = [0_u8; 1];
        self.worker.db.ambient().rng.fill(&mut byte);
        let part = f64::from(byte.first().copied().unwrap_or_default()) / 255.0;
        self.config.poll.mul_f64(1.0 + part / 4.0)
    }

    async fn finish(&self, calling_off: &CancellationToken) {
        self.tasks.close();
        let lease = self.config.lease;
        let keep = async {
            loop {
                tokio::time::sleep(lease / 3).await;
                self.beat().await;
            }
        };
        tokio::select! {
            () = self.tasks.wait() => return,
            () = tokio::time::sleep(self.config.grace) => {}
            () = keep => {}
        }
        calling_off.cancel();
        self.tasks.wait().await;
    }

    async fn heartbeats(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            tokio::select! {
                () = tokio::time::sleep(self.config.lease / 3) => self.beat().await,
                () = stop.cancelled() => {}
            }
        }
        // The work loop ends this future, after its last turn.
        std::future::pending::<()>().await;
    }

    async fn beat(&self) {
        let jobs = self.worker.jobs_in_hand();
        match self.worker.queue.heartbeat(self.worker.id, &jobs, self.config.lease).await {
            Ok(lost) => lost.into_iter().for_each(|job| self.worker.call_off(job)),
            Err(error) => tracing::warn!(%error, "leases could not be prolonged"),
        }
    }

    /// One look at everything there is to do. Returns how much was found.
    async fn turn(&self, calling_off: &CancellationToken) -> Result<usize, DbError> {
        let mut found = self.upkeep().await?;
        let free = self.config.concurrency.saturating_sub(self.tasks.len());
        let claimed = self.worker.queue.claim(self.worker.id, u64::try_from(free).unwrap_or(0), self.config.lease).await?;
        found += claimed.len();
        for job in claimed {
            let worker = Arc::clone(&self.worker);
            let (cancelled, stopping) = (worker.take(job.id, calling_off), calling_off.clone());
            let signal = worker.db.signal(queue::SIGNAL);
            self.tasks.spawn(async move {
                worker.run(job, cancelled, &stopping).await;
                // A place is free: look again at once.
                signal.wake();
            });
        }
        Ok(found)
    }

    async fn upkeep(&self) -> Result<usize, DbError> {
        let worker = &self.worker;
        let mut found = dispatch::dispatch(&worker.db, &worker.registry.subscribers, 100).await?;
        for schedule in &worker.registry.schedules {
            found += usize::from(schedule.fire_if_due(&worker.db).await?);
        }
        found += usize::try_from(worker.queue.reap().await?).unwrap_or(0);
        Ok(found)
    }

    /// Runs everything that is ready now, one after the other, and what follows from it, until nothing is left. For tests and for
    /// commands that work off a queue. Returns how many tries ran.
    pub async fn drain(&self) -> Result<usize, DbError> {
        let never = CancellationToken::new();
        let mut ran = 0;
        loop {
            let found = self.upkeep().await?;
            let claimed = self.worker.queue.claim(self.worker.id, 16, self.config.lease).await?;
            if found == 0 && claimed.is_empty() {
                return Ok(ran);
            }
            for job in claimed {
                let cancelled = self.worker.take(job.id, &never);
                self.worker.run(job, cancelled, &never).await;
                ran += 1;
            }
        }
    }
}
