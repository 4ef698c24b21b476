use core_db::{DbError, Tx, owned, unscoped};
use core_kernel::{Owner, Timestamp};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, TryInsertResult};
use uuid::Uuid;

use super::DELIVERY;
use super::entity::message::{ActiveModel, Column, Entity, Model};
use crate::model::{EndpointId, Message, MessageId, MessageState};

/// Stores it. False: the endpoint has a message of this event already.
pub(crate) async fn insert(tx: &Tx, message: &Message) -> Result<bool, DbError> {
    let model = Model {
        id: message.id.get(),
        owner_id: message.owner.get(),
        endpoint_id: message.endpoint.get(),
        event_id: message.event,
        event_type: message.event_type.clone(),
        body: message.body.clone(),
        state: message.state.as_str().to_owned(),
        round: message.round.into(),
        tries: message.tries.into(),
        created_at: message.created_at.millis(),
        updated_at: message.created_at.millis(),
    };
    let taken = OnConflict::columns([Column::EndpointId, Column::EventId]).do_nothing().to_owned();
    let outcome = Entity::insert(ActiveModel::from(model)).on_conflict(taken).try_insert().exec_without_returning(tx).await?;
    Ok(matches!(outcome, TryInsertResult::Inserted(rows) if rows > 0))
}

/// One by its id alone, for deliveries.
pub(crate) async fn find_of_anybody<C: ConnectionTrait>(connection: &C, id: MessageId) -> Result<Option<Message>, DbError> {
    unscoped::<Entity>(DELIVERY).by_id(id.get()).one(connection).await?.map(Message::try_from).transpose()
}

pub(crate) async fn find<C: ConnectionTrait>(connection: &C, owner: Owner, id: MessageId) -> Result<Option<Message>, DbError> {
    owned::<Entity>(owner).by_id(id.get()).one(connection).await?.map(Message::try_from).transpose()
}

/// One more try was made. False: the message is gone, or another round has begun.
pub(crate) async fn tried(tx: &Tx, message: &Message, state: MessageState) -> Result<bool, DbError> {
    let change = ActiveModel {
        state: Set(state.as_str().to_owned()),
        tries: Set(i64::from(message.tries) + 1),
        updated_at: Set(tx.ambient().now().millis()),
        ..Default::default()
    };
    move_on(tx, message, change).await
}

/// It is not sent any more.
pub(crate) async fn cancel(tx: &Tx, message: &Message) -> Result<bool, DbError> {
    let change = ActiveModel {
        state: Set(MessageState::Cancelled.as_str().to_owned()),
        updated_at: Set(tx.ambient().now().millis()),
        ..Default::default()
    };
    move_on(tx, message, change).await
}

/// It is sent again from the start of the schedule. False: somebody else began that.
pub(crate) async fn again(tx: &Tx, message: &Message) -> Result<bool, DbError> {
    let change = ActiveModel {
        state: Set(MessageState::Pending.as_str().to_owned()),
        round: Set(i64::from(message.round) + 1),
        tries: Set(0),
        updated_at: Set(tx.ambient().now().millis()),
        ..Default::default()
    };
    move_on(tx, message, change).await
}

async fn move_on(tx: &Tx, message: &Message, change: ActiveModel) -> Result<bool, DbError> {
    let update = owned::<Entity>(message.owner).update_many().set(change).filter(Column::Id.eq(message.id.get()));
    let as_read = update.filter(Column::Round.eq(message.round)).filter(Column::State.eq(message.state.as_str()));
    Ok(as_read.exec(tx).await?.rows_affected == 1)
}

/// What an endpoint did not get since a moment, the oldest first.
pub(crate) async fn missed(
    tx: &Tx,
    owner: Owner,
    endpoint: EndpointId,
    since: Timestamp,
    limit: u64,
) -> Result<Vec<Message>, DbError> {
    let over = [MessageState::Failed, MessageState::Cancelled].map(MessageState::as_str);
    let select = owned::<Entity>(owner).select().filter(Column::EndpointId.eq(endpoint.get())).filter(Column::State.is_in(over));
    let select = select.filter(Column::CreatedAt.gte(since.millis())).order_by_asc(Column::CreatedAt).order_by_asc(Column::Id);
    select.limit(limit).all(tx).await?.into_iter().map(Message::try_from).collect()
}

/// Some of a space, by id after one.
pub(crate) async fn batch<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    after: Option<MessageId>,
    limit: u64,
) -> Result<Vec<Message>, DbError> {
    let mut select = owned::<Entity>(owner).select().order_by_asc(Column::Id).limit(limit);
    if let Some(after) = after {
        select = select.filter(Column::Id.gt(after.get()));
    }
    select.all(connection).await?.into_iter().map(Message::try_from).collect()
}

/// Removes those that are over since before a moment, at most `limit`. Returns how many.
pub(crate) async fn sweep(tx: &Tx, before: Timestamp, limit: u64) -> Result<u64, DbError> {
    let over = unscoped::<Entity>(DELIVERY).select().select_only().column(Column::Id);
    let over = over.filter(Column::State.ne(MessageState::Pending.as_str())).filter(Column::UpdatedAt.lt(before.millis()));
    let ids: Vec<Uuid> = over.limit(limit).into_tuple().all(tx).await?;
    if ids.is_empty() {
        return Ok(0);
    }
    let delete = unscoped::<Entity>(DELIVERY).delete_many().filter(Column::Id.is_in(ids));
    Ok(delete.exec(tx).await?.rows_affected)
}

pub(crate) async fn delete_of(tx: &Tx, owner: Owner, endpoint: EndpointId) -> Result<(), DbError> {
    owned::<Entity>(owner).delete_many().filter(Column::EndpointId.eq(endpoint.get())).exec(tx).await?;
    Ok(())
}

pub(crate) async fn delete_all(tx: &Tx, owner: Owner) -> Result<(), DbError> {
    owned::<Entity>(owner).delete_many().exec(tx).await?;
    Ok(())
}

impl TryFrom<Model> for Message {
    type Error = DbError;

    fn try_from(row: Model) -> Result<Self, DbError> {
        let corrupt = |what: &str| DbError::Corrupt(format!("webhook message {}: {what}", row.id));
        Ok(Self {
            id: MessageId(row.id),
            owner: Owner(row.owner_id),
            endpoint: EndpointId(row.endpoint_id),
            event: row.event_id,
            state: MessageState::parse(&row.state).ok_or_else(|| corrupt("state"))?,
            round: i32::try_from(row.round).map_err(|_| corrupt("round"))?,
            tries: i32::try_from(row.tries).map_err(|_| corrupt("tries"))?,
            event_type: row.event_type,
            body: row.body,
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}
