use core_db::{DbError, Tx};
use core_kernel::{Owner, Timestamp, TraceContext};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{EntityTrait, TryInsertResult};

use crate::row::job as row;
use crate::{Job, JobId, JobState, queue};

/// What else there is to say about a job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnqueueOptions {
    /// Not before this moment.
    pub run_at: Option<Timestamp>,
    /// At most one waiting or running job of this name has this key; a second one is dropped.
    pub unique_key: Option<String>,
    /// Higher runs first.
    pub priority: i32,
    /// For whom it runs.
    pub owner: Option<Owner>,
}

/// Queues a job with the change that causes it: both are stored or neither.
pub async fn enqueue<J: Job>(tx: &Tx, job: &J) -> Result<JobId, DbError> {
    Ok(enqueue_with(tx, job, EnqueueOptions::default()).await?.unwrap_or(JobId(uuid::Uuid::nil())))
}

/// Queues a job. `None`: one with the same unique key waits or runs already.
pub async fn enqueue_with<J: Job>(tx: &Tx, job: &J, options: EnqueueOptions) -> Result<Option<JobId>, DbError> {
    let payload = serde_json::to_string(job).map_err(|error| DbError::Corrupt(format!("job payload: {error}")))?;
    let raw = RawJob {
        queue: J::QUEUE,
        name: J::NAME,
        payload,
        sealed: J::SEALED,
        version: J::VERSION,
        max_attempts: J::MAX_ATTEMPTS,
        timeout: J::TIMEOUT,
        cause: TraceContext::current(),
    };
    insert(tx, raw, options).await
}

pub(crate) struct RawJob<'a> {
    pub(crate) queue: &'a str,
    pub(crate) name: &'a str,
    pub(crate) payload: String,
    pub(crate) sealed: bool,
    pub(crate) version: i32,
    pub(crate) max_attempts: i32,
    pub(crate) timeout: std::time::Duration,
    pub(crate) cause: Option<TraceContext>,
}

/// What payloads are sealed for.
pub(crate) const PURPOSE: &str = "job-payload";

pub(crate) async fn insert(tx: &Tx, job: RawJob<'_>, options: EnqueueOptions) -> Result<Option<JobId>, DbError> {
    let id = tx.ambient().ids.next();
    let now = tx.ambient().now();
    let payload = if job.sealed { tx.keyring().seal(PURPOSE, id.as_bytes(), job.payload.as_bytes())? } else { job.payload };
    let model = row::ActiveModel {
        id: Set(id),
        queue: Set(job.queue.to_owned()),
        name: Set(job.name.to_owned()),
        payload: Set(payload),
        sealed: Set(job.sealed),
        payload_version: Set(job.version),
        owner_id: Set(options.owner.map(Owner::get)),
        state: Set(JobState::Ready.as_str().to_owned()),
        priority: Set(options.priority),
        attempt: Set(0),
        max_attempts: Set(Ord::max(job.max_attempts, 1)),
        timeout_ms: Set(i64::try_from(job.timeout.as_millis()).unwrap_or(i64::MAX)),
        run_at: Set(options.run_at.unwrap_or(now).millis()),
        lease_until: Set(None),
        leased_by: Set(None),
        unique_key: Set(options.unique_key),
        last_error: Set(None),
        progress: Set(None),
        cancel_requested: Set(false),
        created_at: Set(now.millis()),
        finished_at: Set(None),
        traceparent: Set(job.cause.map(|cause| cause.to_string())),
    };
    // No target: the unique index is partial, and SQLite does not match a bound condition against it.
    let taken = OnConflict::new().do_nothing().to_owned();
    let outcome = row::Entity::insert(model).on_conflict(taken).try_insert().exec_without_returning(tx).await?;
    tx.wake(queue::SIGNAL).await?;
    Ok(matches!(outcome, TryInsertResult::Inserted(rows) if rows > 0).then_some(JobId(id)))
}
