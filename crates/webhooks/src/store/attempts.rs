use core_db::{DbError, Tx, owned, unscoped};
use core_kernel::{CursorKey, Owner, Page, PageRequest, Timestamp};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::DELIVERY;
use super::entity::attempt::{ActiveModel, Column, Entity, Model};
use crate::model::{Attempt, AttemptId, EndpointId, Exchange, MessageId};

pub(crate) async fn insert(tx: &Tx, attempt: &Attempt) -> Result<(), DbError> {
    let model = Model {
        id: attempt.id.get(),
        owner_id: attempt.owner.get(),
        endpoint_id: attempt.endpoint.get(),
        message_id: attempt.message.get(),
        event_id: attempt.event,
        event_type: attempt.event_type.clone(),
        number: attempt.number.into(),
        status: attempt.exchange.status.map(i64::from),
        error: attempt.exchange.error.clone(),
        answer: attempt.exchange.answer.clone(),
        duration_ms: attempt.exchange.duration_ms,
        retry_at: attempt.retry_at.map(Timestamp::millis),
        created_at: attempt.created_at.millis(),
    };
    Entity::insert(ActiveModel::from(model)).exec_without_returning(tx).await?;
    Ok(())
}

pub(crate) async fn find<C: ConnectionTrait>(connection: &C, owner: Owner, id: AttemptId) -> Result<Option<Attempt>, DbError> {
    owned::<Entity>(owner).by_id(id.get()).one(connection).await?.map(Attempt::try_from).transpose()
}

/// Of one endpoint. An attempt never changes: it was updated when it was made.
pub(crate) async fn list<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    endpoint: EndpointId,
    request: &PageRequest,
) -> Result<Page<Attempt>, DbError> {
    let mut select = owned::<Entity>(owner).select().filter(Column::EndpointId.eq(endpoint.get()));
    if let Some(since) = request.updated_since {
        select = select.filter(Column::CreatedAt.gte(since.millis()));
    }
    let key = |row: &Model| CursorKey { at: Timestamp::from_millis(row.created_at), id: row.id };
    let page = core_db::page(select, (Column::CreatedAt, Column::Id), request, connection, key).await?;
    Ok(Page { items: page.items.into_iter().map(Attempt::try_from).collect::<Result<_, _>>()?, next: page.next })
}

/// Removes those older than a moment, at most `limit`. Returns how many.
pub(crate) async fn sweep(tx: &Tx, before: Timestamp, limit: u64) -> Result<u64, DbError> {
    let old = unscoped::<Entity>(DELIVERY).select().select_only().column(Column::Id);
    let ids: Vec<Uuid> = old.filter(Column::CreatedAt.lt(before.millis())).limit(limit).into_tuple().all(tx).await?;
    if ids.is_empty() {
        return Ok(0);
    }
    Ok(unscoped::<Entity>(DELIVERY).delete_many().filter(Column::Id.is_in(ids)).exec(tx).await?.rows_affected)
}

/// Endpoints with more attempts than that.
pub(crate) async fn crowded<C: ConnectionTrait>(connection: &C, most: u64) -> Result<Vec<EndpointId>, DbError> {
    let select = unscoped::<Entity>(DELIVERY).select().select_only().column(Column::EndpointId).group_by(Column::EndpointId);
    let many = Expr::col(Column::Id).count().gt(i64::try_from(most).unwrap_or(i64::MAX));
    let ids: Vec<Uuid> = select.having(many).into_tuple().all(connection).await?;
    Ok(ids.into_iter().map(EndpointId).collect())
}

/// Keeps about the newest `most` of an endpoint.
pub(crate) async fn thin_out(tx: &Tx, endpoint: EndpointId, most: u64) -> Result<(), DbError> {
    let of_endpoint = || Column::EndpointId.eq(endpoint.get());
    let newest = unscoped::<Entity>(DELIVERY).select().filter(of_endpoint()).order_by_desc(Column::CreatedAt);
    let Some(last) = newest.order_by_desc(Column::Id).offset(most).limit(1).one(tx).await? else { return Ok(()) };
    let delete = unscoped::<Entity>(DELIVERY).delete_many().filter(of_endpoint());
    delete.filter(Column::CreatedAt.lte(last.created_at)).exec(tx).await?;
    Ok(())
}

pub(crate) async fn delete_of(tx: &Tx, owner: Owner, endpoint: EndpointId) -> Result<(), DbError> {
    owned::<Entity>(owner).delete_many().filter(Column::EndpointId.eq(endpoint.get())).exec(tx).await?;
    Ok(())
}

pub(crate) async fn delete_all(tx: &Tx, owner: Owner) -> Result<(), DbError> {
    owned::<Entity>(owner).delete_many().exec(tx).await?;
    Ok(())
}

impl TryFrom<Model> for Attempt {
    type Error = DbError;

    fn try_from(row: Model) -> Result<Self, DbError> {
        let corrupt = |what: &str| DbError::Corrupt(format!("webhook attempt {}: {what}", row.id));
        let status = row.status.map(u16::try_from).transpose().map_err(|_| corrupt("status"))?;
        Ok(Self {
            id: AttemptId(row.id),
            owner: Owner(row.owner_id),
            endpoint: EndpointId(row.endpoint_id),
            message: MessageId(row.message_id),
            event: row.event_id,
            number: i32::try_from(row.number).map_err(|_| corrupt("number"))?,
            event_type: row.event_type,
            exchange: Exchange { status, error: row.error, answer: row.answer, duration_ms: row.duration_ms, retry_after: None },
            retry_at: row.retry_at.map(Timestamp::from_millis),
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}
