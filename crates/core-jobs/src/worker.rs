use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use core_db::Db;
use core_kernel::{Sampling, TraceContext};
use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;
use tracing::field::Empty;
use tracing::{Instrument, Span};
use uuid::Uuid;

use crate::{Backoff, Claimed, JobContext, JobFailure, JobId, JobQueue, Registry};

/// What a process needs to run claimed jobs.
pub(crate) struct Worker {
    pub(crate) id: Uuid,
    pub(crate) db: Db,
    pub(crate) queue: Arc<dyn JobQueue>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) backoff: Backoff,
    pub(crate) sampling: Sampling,
    /// The jobs in hand, with the token that calls each off.
    pub(crate) running: Mutex<HashMap<JobId, CancellationToken>>,
}

impl Worker {
    pub(crate) fn jobs_in_hand(&self) -> Vec<JobId> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).keys().copied().collect()
    }

    pub(crate) fn call_off(&self, job: JobId) {
        if let Some(token) = self.running.lock().unwrap_or_else(PoisonError::into_inner).get(&job) {
            token.cancel();
        }
    }

    /// Marks the job as in hand, before it is spawned, so that heartbeats cover it from the start.
    pub(crate) fn take(&self, job: JobId, parent: &CancellationToken) -> CancellationToken {
        let token = parent.child_token();
        self.running.lock().unwrap_or_else(PoisonError::into_inner).insert(job, token.clone());
        token
    }

    /// Runs one try to its end and tells the queue. A panic counts as a failure of the job, never of the worker. The try belongs to
    /// the trace of who queued the job.
    pub(crate) async fn run(&self, job: Claimed, cancelled: CancellationToken, stopping: &CancellationToken) {
        let trace = job.cause.map_or_else(|| self.sampling.follow(None), TraceContext::child);
        let span = span(&job, trace);
        trace.enter(self.try_and_tell(job, cancelled, stopping).instrument(span)).await;
    }

    async fn try_and_tell(&self, job: Claimed, cancelled: CancellationToken, stopping: &CancellationToken) {
        let outcome = self.attempt(&job, cancelled.clone()).await;
        self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&job.id);
        let name = job.name.clone();
        let said = match outcome {
            Ok(()) => {
                metrics::counter!("jobs_finished_total", "job" => name.clone(), "outcome" => "done").increment(1);
                self.queue.complete(self.id, job.id).await
            }
            Err(_) if cancelled.is_cancelled() && stopping.is_cancelled() => self.queue.release(self.id, job.id).await,
            Err(_) if cancelled.is_cancelled() => self.queue.cancelled(self.id, job.id).await,
            Err(failure) => self.failed(&job, &failure).await,
        };
        if let Err(error) = said {
            // The lease runs out and the job is tried again: at least once, as promised.
            tracing::warn!(job.name = name, job.id = %job.id, %error, "the outcome of a job could not be stored");
        }
    }

    async fn attempt(&self, job: &Claimed, cancelled: CancellationToken) -> Result<(), JobFailure> {
        let Some(handler) = self.registry.handlers.get(&job.name) else {
            return Err(JobFailure::retry("no handler of this name is installed in this process"));
        };
        let context = JobContext {
            id: job.id,
            attempt: job.attempt,
            max_attempts: job.max_attempts,
            owner: job.owner,
            cancelled: cancelled.clone(),
            db: self.db.clone(),
        };
        let run = AssertUnwindSafe((handler.run)(context, job.payload.clone())).catch_unwind();
        tokio::select! {
            outcome = tokio::time::timeout(job.timeout, run) => match outcome {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(_panic)) => Err(JobFailure::retry("the handler panicked")),
                Err(_elapsed) => Err(JobFailure::retry(format!("not done after {} s", job.timeout.as_secs()))),
            },
            () = cancelled.cancelled() => Err(JobFailure::retry("called off")),
        }
    }

    async fn failed(&self, job: &Claimed, failure: &JobFailure) -> Result<(), core_db::DbError> {
        let now = self.db.ambient().now();
        let wait = match failure {
            JobFailure::Fatal(_) => None,
            _ if job.attempt >= job.max_attempts => None,
            JobFailure::RetryAfter(wait, _) => Some(*wait),
            JobFailure::Retry(_) => Some(self.backoff.wait(job.attempt, self.db.ambient().rng.as_ref())),
        };
        let outcome = if wait.is_some() { "retry" } else { "dead" };
        metrics::counter!("jobs_finished_total", "job" => job.name.clone(), "outcome" => outcome).increment(1);
        let trace_id = TraceContext::current().map(|trace| tracing::field::display(trace.trace_id()));
        tracing::warn!(job.name, job.id = %job.id, job.attempt, outcome, trace_id, error = %failure, "a job failed");
        Span::current().record("otel.status_code", "ERROR");
        self.queue.fail(self.id, job.id, &failure.to_string(), wait.map(|wait| now.plus(wait))).await
    }
}

/// For traces, below the usual level of logs.
fn span(job: &Claimed, trace: TraceContext) -> Span {
    tracing::debug_span!(
        target: "jobs",
        "job",
        otel.kind = "consumer",
        otel.name = job.name,
        otel.status_code = Empty,
        trace_id = %trace.trace_id(),
        span_id = %trace.span_id(),
        trace_flags = trace.flags(),
        parent_span_id = job.cause.map(|cause| tracing::field::display(cause.span_id())),
        job.id = %job.id,
        job.attempt,
    )
}
