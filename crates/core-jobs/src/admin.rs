//! What administration may see and do: list, retry, cancel, sweep. The caller's right is checked by whoever calls.

use core_db::{Db, DbError, page, unscoped};
use core_kernel::{CursorKey, Owner, Page, PageRequest, Timestamp};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, Condition, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::row::job as row;
use crate::{JobId, JobState, JobStatus, queue};

const REASON: &str = "administration of the queue";

/// Jobs, newest first unless asked otherwise.
pub async fn list(db: &Db, state: Option<JobState>, request: &PageRequest) -> Result<Page<JobStatus>, DbError> {
    let condition = Condition::all().add_option(state.map(|state| row::Column::State.eq(state.as_str())));
    list_where(db, condition, request).await
}

/// The jobs that run for a space.
pub async fn list_of(db: &Db, owner: Owner, request: &PageRequest) -> Result<Page<JobStatus>, DbError> {
    list_where(db, Condition::all().add(row::Column::OwnerId.eq(owner.get())), request).await
}

async fn list_where(db: &Db, condition: Condition, request: &PageRequest) -> Result<Page<JobStatus>, DbError> {
    let select = unscoped::<row::Entity>(REASON).select().filter(condition);
    let key = |row: &row::Model| CursorKey { at: Timestamp::from_millis(row.created_at), id: row.id };
    let rows = page(select, (row::Column::CreatedAt, row::Column::Id), request, db.read(), key).await?;
    let next = rows.next;
    let items = rows.items.into_iter().map(status).collect::<Result<_, _>>()?;
    Ok(Page { items, next })
}

/// One job.
pub async fn get(db: &Db, id: JobId) -> Result<JobStatus, DbError> {
    let found = unscoped::<row::Entity>(REASON).by_id(id.get()).one(db.read()).await?;
    status(found.ok_or(DbError::NotFound)?)
}

/// How many jobs there are in these states; a state without any is left out.
pub async fn counts(db: &Db, states: &[JobState]) -> Result<Vec<(JobState, u64)>, DbError> {
    let rows: Vec<(String, i64)> = unscoped::<row::Entity>(REASON)
        .select()
        .select_only()
        .column(row::Column::State)
        .column_as(row::Column::Id.count(), "number")
        .filter(row::Column::State.is_in(states.iter().map(|state| state.as_str())))
        .group_by(row::Column::State)
        .into_tuple()
        .all(db.read())
        .await?;
    let read = |(state, number): (String, i64)| Some((JobState::parse(&state)?, u64::try_from(number).ok()?));
    Ok(rows.into_iter().filter_map(read).collect())
}

/// How many jobs died at or after `moment`.
pub async fn dead_since(db: &Db, moment: Timestamp) -> Result<u64, DbError> {
    let select = unscoped::<row::Entity>(REASON).select().filter(row::Column::State.eq(JobState::Dead.as_str()));
    Ok(select.filter(row::Column::FinishedAt.gte(moment.millis())).count(db.read()).await?)
}

/// Since when the job that has waited longest could have run. None: no job waits.
pub async fn oldest_due(db: &Db) -> Result<Option<Timestamp>, DbError> {
    let select = unscoped::<row::Entity>(REASON).select().filter(row::Column::State.eq(JobState::Ready.as_str()));
    let due = select.filter(row::Column::RunAt.lte(db.ambient().now().millis()));
    let oldest = due.order_by_asc(row::Column::RunAt).limit(1).one(db.read()).await?;
    Ok(oldest.map(|row| Timestamp::from_millis(row.run_at)))
}

/// Removes jobs that ended before a moment: `done_before` for those that succeeded or were called off, `dead_before` for those
/// that gave up. At most `limit`; returns how many.
pub async fn sweep(db: &Db, done_before: Timestamp, dead_before: Timestamp, limit: u64) -> Result<u64, DbError> {
    let ended = |states: &[JobState], before: Timestamp| {
        Condition::all()
            .add(row::Column::State.is_in(states.iter().map(|state| state.as_str())))
            .add(row::Column::FinishedAt.lt(before.millis()))
    };
    let over = Condition::any()
        .add(ended(&[JobState::Done, JobState::Cancelled], done_before))
        .add(ended(&[JobState::Dead], dead_before));
    remove(db, over, limit).await
}

/// Removes the ended jobs of a space, whose payloads may be personal. Those that wait or run end first. Returns how many.
pub async fn erase_of(db: &Db, owner: Owner) -> Result<u64, DbError> {
    let ended = [JobState::Done, JobState::Dead, JobState::Cancelled].map(JobState::as_str);
    let over = Condition::all().add(row::Column::OwnerId.eq(owner.get())).add(row::Column::State.is_in(ended));
    remove(db, over, u64::from(u32::MAX)).await
}

async fn remove(db: &Db, which: Condition, limit: u64) -> Result<u64, DbError> {
    let select = unscoped::<row::Entity>(REASON).select().select_only().column(row::Column::Id).filter(which);
    let ids: Vec<Uuid> = select.limit(limit).into_tuple().all(db.read()).await?;
    let mut removed = 0;
    // In pieces, since a statement takes a limited number of values, and so that others can write in between.
    for piece in ids.chunks(500) {
        removed += db
            .write(|tx| async move {
                let delete = unscoped::<row::Entity>(REASON).delete_many().filter(row::Column::Id.is_in(piece.to_vec()));
                Ok::<_, DbError>(delete.exec(&tx).await?.rows_affected)
            })
            .await?;
    }
    Ok(removed)
}

/// Gives a dead or cancelled job another round of tries. `false`: it is in another state.
pub async fn retry(db: &Db, id: JobId) -> Result<bool, DbError> {
    get(db, id).await?;
    let now = db.ambient().now();
    db.write(|tx| async move {
        let change = row::ActiveModel {
            state: Set(JobState::Ready.as_str().to_owned()),
            attempt: Set(0),
            run_at: Set(now.millis()),
            leased_by: Set(None),
            lease_until: Set(None),
            cancel_requested: Set(false),
            finished_at: Set(None),
            ..Default::default()
        };
        let changed = unscoped::<row::Entity>(REASON)
            .update_many()
            .set(change)
            .filter(row::Column::Id.eq(id.get()))
            .filter(row::Column::State.is_in([JobState::Dead.as_str(), JobState::Cancelled.as_str()]))
            .exec(&tx)
            .await?;
        tx.wake(queue::SIGNAL).await?;
        Ok(changed.rows_affected > 0)
    })
    .await
}

/// Calls a job off: a waiting one at once, a running one at its worker's next heartbeat. `false`: it has ended.
pub async fn cancel(db: &Db, id: JobId) -> Result<bool, DbError> {
    get(db, id).await?;
    let now = db.ambient().now();
    db.write(|tx| async move {
        let off = row::ActiveModel {
            state: Set(JobState::Cancelled.as_str().to_owned()),
            finished_at: Set(Some(now.millis())),
            ..Default::default()
        };
        let waiting = unscoped::<row::Entity>(REASON)
            .update_many()
            .set(off)
            .filter(row::Column::Id.eq(id.get()))
            .filter(row::Column::State.eq(JobState::Ready.as_str()))
            .exec(&tx)
            .await?;
        let asked = row::ActiveModel { cancel_requested: Set(true), ..Default::default() };
        let running = unscoped::<row::Entity>(REASON)
            .update_many()
            .set(asked)
            .filter(row::Column::Id.eq(id.get()))
            .filter(row::Column::State.eq(JobState::Running.as_str()))
            .exec(&tx)
            .await?;
        Ok(waiting.rows_affected + running.rows_affected > 0)
    })
    .await
}

fn status(row: row::Model) -> Result<JobStatus, DbError> {
    Ok(JobStatus {
        id: JobId(row.id),
        queue: row.queue,
        name: row.name,
        state: JobState::parse(&row.state).ok_or_else(|| DbError::Corrupt(format!("job state {}", row.state)))?,
        attempt: row.attempt,
        max_attempts: row.max_attempts,
        priority: row.priority,
        owner: row.owner_id.map(Owner::from),
        run_at: Timestamp::from_millis(row.run_at),
        last_error: row.last_error,
        progress: row.progress,
        created_at: Timestamp::from_millis(row.created_at),
        finished_at: row.finished_at.map(Timestamp::from_millis),
    })
}
