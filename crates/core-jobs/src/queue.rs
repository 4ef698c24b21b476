use std::time::Duration;

use async_trait::async_trait;
use core_db::{Db, DbError, Tx, unscoped};
use core_kernel::{Owner, Timestamp, TraceContext};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, LockBehavior, LockType};
use sea_orm::{ColumnTrait, Condition, ExprTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::enqueue::PURPOSE;
use crate::row::job as row;
use crate::{JobId, JobState, NewEvent, publish};

/// The wake-up that follows a commit with new jobs or events.
pub(crate) const SIGNAL: &str = "jobs";

const REASON: &str = "the queue serves everybody";

/// A job that a worker has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// Which job.
    pub id: JobId,
    /// Which handler.
    pub name: String,
    /// The payload, opened.
    pub payload: Vec<u8>,
    /// Number of this try, 1 for the first.
    pub attempt: i32,
    /// After this many it is dead.
    pub max_attempts: i32,
    /// How long this try may take.
    pub timeout: Duration,
    /// For whom it runs.
    pub owner: Option<Owner>,
    /// Where who queued it stood in a trace.
    pub cause: Option<TraceContext>,
}

/// The seam behind which another engine may stand. Workers are named by ids; a lease that ran out may be taken by another
/// worker, and what the first one says afterwards has no effect.
#[async_trait]
pub trait JobQueue: Send + Sync {
    /// Takes up to `limit` jobs that are due, each with a lease. The try is counted now, so that a crash counts.
    async fn claim(&self, worker: Uuid, limit: u64, lease: Duration) -> Result<Vec<Claimed>, DbError>;
    /// Prolongs leases. Returns the jobs that the worker should stop: called off, or no longer its own.
    async fn heartbeat(&self, worker: Uuid, jobs: &[JobId], lease: Duration) -> Result<Vec<JobId>, DbError>;
    /// The try succeeded.
    async fn complete(&self, worker: Uuid, job: JobId) -> Result<(), DbError>;
    /// The try failed; `retry_at` none means dead.
    async fn fail(&self, worker: Uuid, job: JobId, error: &str, retry_at: Option<Timestamp>) -> Result<(), DbError>;
    /// The try was called off by an administrator: the job ends.
    async fn cancelled(&self, worker: Uuid, job: JobId) -> Result<(), DbError>;
    /// Gives a job back untried, at shutdown.
    async fn release(&self, worker: Uuid, job: JobId) -> Result<(), DbError>;
    /// Takes back jobs whose lease ran out: ready again, or dead when their tries are used up. Returns how many.
    async fn reap(&self) -> Result<u64, DbError>;
}

/// The queue in the `jobs` table, on SQLite and PostgreSQL.
#[derive(Clone, Debug)]
pub struct TableQueue {
    db: Db,
}

impl TableQueue {
    /// The queue of this database.
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    fn due(now: Timestamp) -> Condition {
        Condition::all().add(row::Column::State.eq(JobState::Ready.as_str())).add(row::Column::RunAt.lte(now.millis()))
    }

    /// Changes a job if the worker still has it. A job that is dead then is an event.
    async fn settle(&self, worker: Uuid, job: JobId, change: row::ActiveModel) -> Result<(), DbError> {
        let dies = change.state == Set(JobState::Dead.as_str().to_owned());
        self.db
            .write(|tx| {
                let change = change.clone();
                async move {
                    let update = unscoped::<row::Entity>(REASON).update_many().set(change).filter(held(worker, &[job]));
                    let changed = update.exec(&tx).await?.rows_affected;
                    if dies && changed == 1 {
                        let row = unscoped::<row::Entity>(REASON).by_id(job.get()).one(&tx).await?;
                        publish_deaths(&tx, row.as_slice()).await?;
                    }
                    Ok(())
                }
            })
            .await
    }

    fn open(&self, row: &row::Model) -> Result<Vec<u8>, DbError> {
        if !row.sealed {
            return Ok(row.payload.clone().into_bytes());
        }
        Ok(self.db.keyring().open(PURPOSE, row.id.as_bytes(), &row.payload)?.to_vec())
    }
}

/// What is stored of a trace. Anything else than a `traceparent` counts as absent: no work depends on it.
pub(crate) fn cause(stored: Option<&str>) -> Option<TraceContext> {
    stored.and_then(|text| text.parse().ok())
}

fn held(worker: Uuid, jobs: &[JobId]) -> Condition {
    Condition::all()
        .add(row::Column::Id.is_in(jobs.iter().map(|job| job.get())))
        .add(row::Column::State.eq(JobState::Running.as_str()))
        .add(row::Column::LeasedBy.eq(worker))
}

/// The type of the event that a job gave up.
pub const JOB_DEAD: &str = "job.dead";

/// Publishes one event per dead job. The deaths of those that listen to this event are left out, or a listener that always fails
/// would be told of itself for ever.
async fn publish_deaths(tx: &Tx, rows: &[row::Model]) -> Result<(), DbError> {
    for row in rows.iter().filter(|row| !row.name.starts_with("on:job.dead:")) {
        let event = NewEvent {
            r#type: JOB_DEAD,
            version: 1,
            owner: Owner(row.owner_id.unwrap_or_default()),
            subject: row.id,
            data: dead_data(&row.name, row.attempt),
        };
        publish(tx, event).await?;
    }
    Ok(())
}

/// The payload of [`JOB_DEAD`]. Not the last error: it may tell more than the job's owner should know.
pub fn dead_data(name: &str, attempts: i32) -> serde_json::Value {
    serde_json::json!({"name": name, "attempts": attempts})
}

async fn take(tx: &Tx, worker: Uuid, limit: u64, lease: Duration) -> Result<Vec<row::Model>, DbError> {
    let now = tx.ambient().now();
    // SKIP LOCKED on PostgreSQL; SQLite has one writer, so the clause is not needed there and is left out by the builder.
    let rows = unscoped::<row::Entity>(REASON)
        .select()
        .filter(TableQueue::due(now))
        .order_by_desc(row::Column::Priority)
        .order_by_asc(row::Column::RunAt)
        .order_by_asc(row::Column::Id)
        .limit(limit)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(tx)
        .await?;
    if !rows.is_empty() {
        unscoped::<row::Entity>(REASON)
            .update_many()
            .col_expr(row::Column::State, Expr::value(JobState::Running.as_str()))
            .col_expr(row::Column::Attempt, Expr::col(row::Column::Attempt).add(1))
            .col_expr(row::Column::LeasedBy, Expr::value(worker))
            .col_expr(row::Column::LeaseUntil, Expr::value(now.plus(lease).millis()))
            .filter(row::Column::Id.is_in(rows.iter().map(|row| row.id)))
            .exec(tx)
            .await?;
    }
    Ok(rows)
}

#[async_trait]
impl JobQueue for TableQueue {
    async fn claim(&self, worker: Uuid, limit: u64, lease: Duration) -> Result<Vec<Claimed>, DbError> {
        let now = self.db.ambient().now();
        // A look without a write transaction first: an idle queue costs one read.
        let any = unscoped::<row::Entity>(REASON).select().filter(Self::due(now)).limit(1).one(self.db.read()).await?;
        if any.is_none() || limit == 0 {
            return Ok(Vec::new());
        }
        let rows = self.db.write(|tx| async move { take(&tx, worker, limit, lease).await }).await?;
        let mut claimed = Vec::with_capacity(rows.len());
        for row in rows {
            match self.open(&row) {
                Ok(payload) => claimed.push(Claimed {
                    id: JobId(row.id),
                    payload,
                    attempt: row.attempt + 1,
                    max_attempts: row.max_attempts,
                    timeout: Duration::from_millis(u64::try_from(row.timeout_ms).unwrap_or(0)),
                    owner: row.owner_id.map(Owner::from),
                    cause: cause(row.traceparent.as_deref()),
                    name: row.name,
                }),
                Err(error) => self.fail(worker, JobId(row.id), &error.to_string(), None).await?,
            }
        }
        Ok(claimed)
    }

    async fn heartbeat(&self, worker: Uuid, jobs: &[JobId], lease: Duration) -> Result<Vec<JobId>, DbError> {
        if jobs.is_empty() {
            return Ok(Vec::new());
        }
        let until = self.db.ambient().now().plus(lease);
        self.db
            .write(|tx| async move {
                unscoped::<row::Entity>(REASON)
                    .update_many()
                    .set(row::ActiveModel { lease_until: Set(Some(until.millis())), ..Default::default() })
                    .filter(held(worker, jobs))
                    .exec(&tx)
                    .await?;
                Ok::<_, DbError>(())
            })
            .await?;
        let mine = unscoped::<row::Entity>(REASON).select().filter(held(worker, jobs)).all(self.db.read()).await?;
        let keep = |job: &JobId| mine.iter().any(|row| row.id == job.get() && !row.cancel_requested);
        Ok(jobs.iter().copied().filter(|job| !keep(job)).collect())
    }

    async fn complete(&self, worker: Uuid, job: JobId) -> Result<(), DbError> {
        let change = row::ActiveModel {
            state: Set(JobState::Done.as_str().to_owned()),
            finished_at: Set(Some(self.db.ambient().now().millis())),
            lease_until: Set(None),
            // What has run is not needed any more, and may be personal.
            payload: Set(String::new()),
            sealed: Set(false),
            ..Default::default()
        };
        self.settle(worker, job, change).await
    }

    async fn fail(&self, worker: Uuid, job: JobId, error: &str, retry_at: Option<Timestamp>) -> Result<(), DbError> {
        let error: String = error.chars().take(1000).collect();
        let change = match retry_at {
            Some(at) => row::ActiveModel {
                state: Set(JobState::Ready.as_str().to_owned()),
                run_at: Set(at.millis()),
                lease_until: Set(None),
                leased_by: Set(None),
                last_error: Set(Some(error)),
                ..Default::default()
            },
            None => row::ActiveModel {
                state: Set(JobState::Dead.as_str().to_owned()),
                finished_at: Set(Some(self.db.ambient().now().millis())),
                lease_until: Set(None),
                last_error: Set(Some(error)),
                ..Default::default()
            },
        };
        self.settle(worker, job, change).await
    }

    async fn cancelled(&self, worker: Uuid, job: JobId) -> Result<(), DbError> {
        let change = row::ActiveModel {
            state: Set(JobState::Cancelled.as_str().to_owned()),
            finished_at: Set(Some(self.db.ambient().now().millis())),
            lease_until: Set(None),
            ..Default::default()
        };
        self.settle(worker, job, change).await
    }

    async fn release(&self, worker: Uuid, job: JobId) -> Result<(), DbError> {
        self.db
            .write(|tx| async move {
                unscoped::<row::Entity>(REASON)
                    .update_many()
                    .col_expr(row::Column::State, Expr::value(JobState::Ready.as_str()))
                    .col_expr(row::Column::Attempt, Expr::col(row::Column::Attempt).sub(1))
                    .col_expr(row::Column::LeasedBy, Expr::value(None::<Uuid>))
                    .col_expr(row::Column::LeaseUntil, Expr::value(None::<i64>))
                    .filter(held(worker, &[job]))
                    .exec(&tx)
                    .await?;
                Ok(())
            })
            .await
    }

    async fn reap(&self) -> Result<u64, DbError> {
        let now = self.db.ambient().now();
        let expired = || {
            Condition::all().add(row::Column::State.eq(JobState::Running.as_str())).add(row::Column::LeaseUntil.lt(now.millis()))
        };
        let any = unscoped::<row::Entity>(REASON).select().filter(expired()).limit(1).one(self.db.read()).await?;
        if any.is_none() {
            return Ok(0);
        }
        self.db
            .write(|tx| async move {
                let used_up = Expr::col(row::Column::Attempt).gte(Expr::col(row::Column::MaxAttempts));
                let dead = row::ActiveModel {
                    state: Set(JobState::Dead.as_str().to_owned()),
                    finished_at: Set(Some(now.millis())),
                    lease_until: Set(None),
                    last_error: Set(Some("the worker was lost during the last try".to_owned())),
                    ..Default::default()
                };
                let dying = unscoped::<row::Entity>(REASON).select().filter(expired()).filter(used_up.clone()).all(&tx).await?;
                publish_deaths(&tx, &dying).await?;
                let update = unscoped::<row::Entity>(REASON).update_many().set(dead);
                let died = update.filter(expired()).filter(used_up).exec(&tx).await?.rows_affected;
                let again = row::ActiveModel {
                    state: Set(JobState::Ready.as_str().to_owned()),
                    lease_until: Set(None),
                    leased_by: Set(None),
                    last_error: Set(Some("the worker was lost".to_owned())),
                    ..Default::default()
                };
                let update = unscoped::<row::Entity>(REASON).update_many().set(again);
                let back = update.filter(expired()).exec(&tx).await?.rows_affected;
                tx.wake(SIGNAL).await?;
                Ok(died + back)
            })
            .await
    }
}
