use std::collections::BTreeMap;
use std::time::Duration;

use core_db::{Db, DbError, Tx, unscoped};
use core_kernel::{Owner, TraceContext};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::enqueue::{EnqueueOptions, RawJob, insert};
use crate::row::{counter, event as row};
use crate::{Event, queue};

const REASON: &str = "the outbox serves everybody";
/// The wake-up after new events got their place, for feeds: wait on `db.signal(FEED_SIGNAL)`.
pub const FEED_SIGNAL: &str = "events";

/// Turns up to `limit` waiting events into one job per subscriber and gives each its place in the order of all events. The place
/// comes from one counter row that stays locked until the commit, so places become visible in order and a feed that reads
/// "after n" misses nothing.
pub(crate) async fn dispatch(db: &Db, subscribers: &BTreeMap<String, Vec<String>>, limit: u64) -> Result<usize, DbError> {
    let waiting = unscoped::<row::Entity>(REASON).select().filter(row::Column::Sequence.is_null()).limit(1);
    if waiting.one(db.read()).await?.is_none() {
        return Ok(0);
    }
    db.write(|tx| async move { dispatch_in(&tx, subscribers, limit).await }).await
}

async fn dispatch_in(tx: &Tx, subscribers: &BTreeMap<String, Vec<String>>, limit: u64) -> Result<usize, DbError> {
    unscoped::<counter::Entity>(REASON)
        .update_many()
        .col_expr(counter::Column::Value, Expr::col(counter::Column::Value))
        .exec(tx)
        .await?;
    let mut place = unscoped::<counter::Entity>(REASON).by_id(1).one(tx).await?.map_or(0, |counter| counter.value);
    let rows = unscoped::<row::Entity>(REASON)
        .select()
        .filter(row::Column::Sequence.is_null())
        .order_by_asc(row::Column::OccurredAt)
        .order_by_asc(row::Column::Id)
        .limit(limit)
        .all(tx)
        .await?;
    let count = rows.len();
    for row in rows {
        place += 1;
        let id = row.id;
        let cause = queue::cause(row.traceparent.as_deref());
        let mut event = Event::from(row);
        event.sequence = Some(place);
        fan_out(tx, subscribers, &event, cause).await?;
        let change = row::ActiveModel { sequence: Set(Some(place)), ..Default::default() };
        let update = unscoped::<row::Entity>(REASON).update_many().set(change);
        update.filter(row::Column::Id.eq(id)).exec(tx).await?;
    }
    let change = counter::ActiveModel { value: Set(place), ..Default::default() };
    unscoped::<counter::Entity>(REASON).update_many().set(change).filter(counter::Column::Id.eq(1)).exec(tx).await?;
    tx.wake(FEED_SIGNAL).await?;
    tx.wake(queue::SIGNAL).await?;
    Ok(count)
}

/// The jobs belong to the trace of who published, although they are queued by whoever dispatches.
async fn fan_out(
    tx: &Tx,
    subscribers: &BTreeMap<String, Vec<String>>,
    event: &Event,
    cause: Option<TraceContext>,
) -> Result<(), DbError> {
    let Some(names) = subscribers.get(&event.r#type) else { return Ok(()) };
    let payload = serde_json::to_string(event).map_err(|error| DbError::Corrupt(format!("event: {error}")))?;
    for name in names {
        let job = RawJob {
            queue: "default",
            name,
            payload: payload.clone(),
            sealed: false,
            version: event.version,
            max_attempts: 12,
            timeout: Duration::from_mins(1),
            cause,
        };
        let options = EnqueueOptions {
            unique_key: Some(event.id.to_string()),
            owner: Some(Owner(event.owner.get())),
            ..EnqueueOptions::default()
        };
        insert(tx, job, options).await?;
    }
    Ok(())
}
