use core_db::{DbError, Tx, owned, unscoped};
use core_kernel::{CursorKey, Owner, Page, PageRequest, Timestamp};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Select, TryInsertResult,
};
use uuid::Uuid;

use super::entity::event::{ActiveModel, Column, Entity, Model};
use crate::hooks::{HookEvent, HookEventId, HookId, Proof};

const SWEPT: &str = "old events of everybody go";

/// Stores it. False: the same delivery, or the same body, was there already.
pub(crate) async fn insert(
    tx: &Tx,
    owner: Owner,
    event: &HookEvent,
    digest: Vec<u8>,
    payload: Option<&str>,
) -> Result<bool, DbError> {
    let model = Model {
        id: event.id.get(),
        owner_id: owner.get(),
        hook_id: event.hook.get(),
        event_type: event.event_type.clone(),
        delivery: event.delivery.clone(),
        digest,
        proof: event.proof.as_str().to_owned(),
        bytes: event.bytes,
        payload: payload.map(str::to_owned),
        created_at: event.received_at.millis(),
    };
    // No target: either of the two unique indexes may refuse it.
    let taken = OnConflict::new().do_nothing().to_owned();
    let outcome = Entity::insert(ActiveModel::from(model)).on_conflict(taken).try_insert().exec_without_returning(tx).await?;
    Ok(matches!(outcome, TryInsertResult::Inserted(rows) if rows > 0))
}

/// A row without its body.
#[derive(FromQueryResult)]
struct Summary {
    id: Uuid,
    hook_id: Uuid,
    event_type: String,
    delivery: String,
    proof: String,
    bytes: i64,
    kept: bool,
    created_at: i64,
}

fn summaries(select: Select<Entity>) -> Select<Entity> {
    let columns =
        [Column::Id, Column::HookId, Column::EventType, Column::Delivery, Column::Proof, Column::Bytes, Column::CreatedAt];
    let select = columns.into_iter().fold(select.select_only(), QuerySelect::column);
    select.column_as(Column::Payload.is_not_null(), "kept")
}

/// Of one hook. An event never changes: it was updated when it came.
pub(crate) async fn list<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    hook: HookId,
    request: &PageRequest,
) -> Result<Page<HookEvent>, DbError> {
    let mut select = summaries(owned::<Entity>(owner).select()).filter(Column::HookId.eq(hook.get()));
    let moments = [request.updated_since.map(|since| Column::CreatedAt.gte(since.millis()))];
    let later = request.created_after.map(|after| Column::CreatedAt.gt(after.millis()));
    for condition in moments.into_iter().chain([later]).flatten() {
        select = select.filter(condition);
    }
    if let Some(key) = request.after {
        select = select.filter(core_db::after(Column::CreatedAt, Column::Id, key, request.order));
    }
    let direction = match request.order {
        core_kernel::Order::Asc => sea_orm::Order::Asc,
        core_kernel::Order::Desc => sea_orm::Order::Desc,
    };
    let select = select.order_by(Column::CreatedAt, direction.clone()).order_by(Column::Id, direction);
    let limit = usize::from(request.limit);
    let mut rows = select.limit(u64::from(request.limit) + 1).into_model::<Summary>().all(connection).await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().map(|row| CursorKey { at: Timestamp::from_millis(row.created_at), id: row.id });
    Ok(Page { items: rows.into_iter().map(HookEvent::try_from).collect::<Result<_, _>>()?, next: last.filter(|_| more) })
}

pub(crate) async fn find<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    hook: HookId,
    id: HookEventId,
) -> Result<Option<HookEvent>, DbError> {
    let select = summaries(owned::<Entity>(owner).by_id(id.get())).filter(Column::HookId.eq(hook.get()));
    select.into_model::<Summary>().one(connection).await?.map(HookEvent::try_from).transpose()
}

/// The body of one.
pub(crate) async fn payload<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    hook: HookId,
    id: HookEventId,
) -> Result<Option<String>, DbError> {
    let found = owned::<Entity>(owner).by_id(id.get()).filter(Column::HookId.eq(hook.get())).one(connection).await?;
    Ok(found.and_then(|row| row.payload))
}

/// Bodies that came before a moment go, at most `limit`. Returns of which hooks, and how many bytes.
pub(crate) async fn drop_bodies(tx: &Tx, before: Timestamp, limit: u64) -> Result<Vec<(HookId, i64)>, DbError> {
    let select = unscoped::<Entity>(SWEPT).select().select_only();
    let select = [Column::Id, Column::HookId, Column::Bytes].into_iter().fold(select, QuerySelect::column);
    let select = select.filter(Column::CreatedAt.lt(before.millis())).filter(Column::Payload.is_not_null());
    let rows: Vec<(Uuid, Uuid, i64)> = select.limit(limit).into_tuple().all(tx).await?;
    let ids: Vec<Uuid> = rows.iter().map(|(id, ..)| *id).collect();
    if !ids.is_empty() {
        let change = ActiveModel { payload: Set(None), ..Default::default() };
        unscoped::<Entity>(SWEPT).update_many().set(change).filter(Column::Id.is_in(ids)).exec(tx).await?;
    }
    Ok(rows.into_iter().map(|(_, hook, bytes)| (HookId(hook), bytes)).collect())
}

/// Removes those that came before a moment, at most `limit`. Returns how many.
pub(crate) async fn sweep(tx: &Tx, before: Timestamp, limit: u64) -> Result<u64, DbError> {
    let old = unscoped::<Entity>(SWEPT).select().select_only().column(Column::Id);
    let ids: Vec<Uuid> = old.filter(Column::CreatedAt.lt(before.millis())).limit(limit).into_tuple().all(tx).await?;
    if ids.is_empty() {
        return Ok(0);
    }
    Ok(unscoped::<Entity>(SWEPT).delete_many().filter(Column::Id.is_in(ids)).exec(tx).await?.rows_affected)
}

pub(crate) async fn delete_of(tx: &Tx, owner: Owner, hook: HookId) -> Result<(), DbError> {
    owned::<Entity>(owner).delete_many().filter(Column::HookId.eq(hook.get())).exec(tx).await?;
    Ok(())
}

pub(crate) async fn delete_all(tx: &Tx, owner: Owner) -> Result<(), DbError> {
    owned::<Entity>(owner).delete_many().exec(tx).await?;
    Ok(())
}

impl TryFrom<Summary> for HookEvent {
    type Error = DbError;

    fn try_from(row: Summary) -> Result<Self, DbError> {
        Ok(Self {
            id: HookEventId(row.id),
            hook: HookId(row.hook_id),
            event_type: row.event_type,
            delivery: row.delivery,
            proof: Proof::parse(&row.proof).ok_or_else(|| DbError::Corrupt(format!("hook event {}: proof", row.id)))?,
            bytes: row.bytes,
            kept: row.kept,
            received_at: Timestamp::from_millis(row.created_at),
        })
    }
}
