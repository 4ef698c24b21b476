use std::future::Future;

use core_db::{Db, DbError, Tx, unscoped};
use core_kernel::{Owner, Timestamp, TraceContext, UserId, Visibility};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::row::{counter, event as row};
use crate::{Handler, JobContext, JobFailure, queue};

/// Something that happened, as subscribers get it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its id; the same on every delivery.
    pub id: Uuid,
    /// `noun.verb`, such as `user.deleted`.
    pub r#type: String,
    /// Version of the shape of `data`.
    pub version: i32,
    /// When.
    pub occurred_at: Timestamp,
    /// Whose space.
    pub owner: Owner,
    /// What it is about.
    pub subject: Uuid,
    /// The rest, as the publisher documents it.
    pub data: serde_json::Value,
    /// Place in the order of all events; none before it was dispatched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<i64>,
}

impl Event {
    /// Everybody in the space may hear of it: its payload says `"visibility":"org"`. In an organisation what does not is its creator's
    /// alone, like the row it tells of.
    pub fn is_shared(&self) -> bool {
        self.data.get("visibility").and_then(serde_json::Value::as_str) == Some(Visibility::Org.as_str())
    }

    /// It tells of what this person made: the payload's `created_by`.
    pub fn is_created_by(&self, user: UserId) -> bool {
        self.data.get("created_by").and_then(serde_json::Value::as_str) == Some(user.to_string().as_str())
    }
}

/// An event to publish.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// `noun.verb`.
    pub r#type: &'static str,
    /// Version of the shape of `data`.
    pub version: i32,
    /// Whose space.
    pub owner: Owner,
    /// What it is about.
    pub subject: Uuid,
    /// The rest; no secret.
    pub data: serde_json::Value,
}

/// An event type that a feature publishes. The example is the golden form of its payload: a test compares it.
#[derive(Clone, Copy, Debug)]
pub struct EventType {
    /// `noun.verb`.
    pub name: &'static str,
    /// Version of the shape.
    pub version: i32,
    /// What it tells, in a sentence.
    pub summary: &'static str,
    /// An example of `data`.
    pub example: fn() -> serde_json::Value,
}

/// A feature's wish to hear of an event type. Each event becomes one job per subscriber.
#[derive(Clone, Debug)]
pub struct Subscription {
    pub(crate) event_type: &'static str,
    pub(crate) handler: Handler,
}

impl Subscription {
    /// Runs `run` for each event of the type; `subscriber` is unique, such as `users.project_identity`.
    pub fn new<F, Fut>(event_type: &'static str, subscriber: &'static str, run: F) -> Self
    where
        F: Fn(JobContext, Event) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), JobFailure>> + Send + 'static,
    {
        let handler =
            Handler::raw(
                format!("on:{event_type}:{subscriber}"),
                move |context, payload: Vec<u8>| match serde_json::from_slice::<Event>(&payload) {
                    Ok(event) => Box::pin(run(context, event)),
                    Err(error) => {
                        let failure = JobFailure::fatal(format!("the event is not readable: {error}"));
                        Box::pin(std::future::ready(Err(failure)))
                    }
                },
            );
        Self { event_type, handler }
    }

    /// Which events.
    pub fn event_type(&self) -> &'static str {
        self.event_type
    }
}

/// Publishes an event with the change that causes it. It reaches its subscribers after the commit, at least once each.
pub async fn publish(tx: &Tx, event: NewEvent) -> Result<Uuid, DbError> {
    let id = tx.ambient().ids.next();
    let model = row::ActiveModel {
        id: Set(id),
        r#type: Set(event.r#type.to_owned()),
        version: Set(event.version),
        occurred_at: Set(tx.ambient().now().millis()),
        owner_id: Set(event.owner.get()),
        subject_id: Set(event.subject),
        data: Set(event.data),
        sequence: Set(None),
        traceparent: Set(TraceContext::current().map(|cause| cause.to_string())),
    };
    row::Entity::insert(model).exec_without_returning(tx).await?;
    tx.wake(queue::SIGNAL).await?;
    Ok(id)
}

/// Dispatched events after a place in their order, oldest first: what feeds read.
pub async fn events_after(db: &Db, sequence: i64, owners: &[Owner], limit: u64) -> Result<Vec<Event>, DbError> {
    let owners: Vec<Uuid> = owners.iter().map(|owner| owner.get()).collect();
    let rows = unscoped::<row::Entity>("the caller names the spaces it may see")
        .select()
        .filter(row::Column::Sequence.gt(sequence))
        .filter(row::Column::OwnerId.is_in(owners))
        .order_by_asc(row::Column::Sequence)
        .limit(limit)
        .all(db.read())
        .await?;
    Ok(rows.into_iter().map(Event::from).collect())
}

/// The places of dispatched events after one, and whose they are, in order: what tells a feed whether it has anything to read.
pub async fn owners_after(db: &Db, sequence: i64, limit: u64) -> Result<Vec<(i64, Owner)>, DbError> {
    let select = unscoped::<row::Entity>("places and owners, which no caller is shown").select().select_only();
    let select = select.columns([row::Column::Sequence, row::Column::OwnerId]).filter(row::Column::Sequence.gt(sequence));
    let found: Vec<(i64, Uuid)> = select.order_by_asc(row::Column::Sequence).limit(limit).into_tuple().all(db.read()).await?;
    Ok(found.into_iter().map(|(place, owner)| (place, Owner(owner))).collect())
}

/// The place of the newest dispatched event: a feed that begins now reads after it.
pub async fn newest_sequence(db: &Db) -> Result<i64, DbError> {
    let found = unscoped::<counter::Entity>("one row for everybody").by_id(1).one(db.read()).await?;
    Ok(found.map_or(0, |counter| counter.value))
}

/// Removes dispatched events older than a moment, at most `limit`. Returns how many.
pub async fn sweep_events(db: &Db, before: Timestamp, limit: u64) -> Result<u64, DbError> {
    let old = Condition::all().add(row::Column::OccurredAt.lt(before.millis()));
    remove(db, old, limit).await
}

/// Removes the dispatched events of a space. Those that wait reach their subscribers first. Returns how many.
pub async fn erase_events_of(db: &Db, owner: Owner) -> Result<u64, DbError> {
    remove(db, Condition::all().add(row::Column::OwnerId.eq(owner.get())), u64::from(u32::MAX)).await
}

async fn remove(db: &Db, which: Condition, limit: u64) -> Result<u64, DbError> {
    const REASON: &str = "dispatched events whose time is over";
    let dispatched = which.add(row::Column::Sequence.is_not_null());
    let select = unscoped::<row::Entity>(REASON).select().select_only().column(row::Column::Id).filter(dispatched);
    let ids: Vec<Uuid> = select.limit(limit).into_tuple().all(db.read()).await?;
    let mut removed = 0;
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

impl From<row::Model> for Event {
    fn from(row: row::Model) -> Self {
        Self {
            id: row.id,
            r#type: row.r#type,
            version: row.version,
            occurred_at: Timestamp::from_millis(row.occurred_at),
            owner: Owner(row.owner_id),
            subject: row.subject_id,
            data: row.data,
            sequence: row.sequence,
        }
    }
}
