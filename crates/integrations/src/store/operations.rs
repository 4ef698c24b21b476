use core_db::{DbError, Tx, owned, unscoped};
use core_kernel::{Actor, CursorKey, Owner, Page, PageRequest, Timestamp, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Condition, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, TryInsertResult};
use serde_json::Value;

use super::entity::operation::{ActiveModel, Column, Entity, Model};
use crate::operation::{Operation, OperationKind, OperationState};
use crate::{ConnectionId, OperationId};

const BY_KEY: &str = "the key is a keyed hash of its caller";
const BY_JOB: &str = "jobs look for what was made for anybody";
const LEAVING: &str = "a person leaves rows in the spaces of organisations";

/// Enters a new operation; false: its key is known already.
pub(crate) async fn insert(tx: &Tx, operation: &Operation, key_tag: &str) -> Result<bool, DbError> {
    let model = Model {
        id: operation.id.get(),
        owner_id: operation.owner.get(),
        created_by: operation.created_by.get(),
        connection_id: operation.connection.get(),
        kind: operation.kind.as_str().to_owned(),
        state: operation.state.as_str().to_owned(),
        key_tag: key_tag.to_owned(),
        fingerprint: operation.fingerprint.clone(),
        target: operation.target.clone(),
        progress: None,
        result: None,
        external_id: None,
        problem: None,
        attempts: operation.attempts,
        sent_at: None,
        busy_until: operation.busy_until.millis(),
        created_at: operation.created_at.millis(),
        updated_at: operation.updated_at.millis(),
        version: operation.version,
    };
    let known = OnConflict::column(Column::KeyTag).do_nothing().to_owned();
    let outcome = Entity::insert(model.into_active_model()).on_conflict(known).try_insert().exec_without_returning(tx).await?;
    Ok(matches!(outcome, TryInsertResult::Inserted(rows) if rows > 0))
}

pub(crate) async fn by_key<C: ConnectionTrait>(db: &C, key_tag: &str) -> Result<Option<Operation>, DbError> {
    let select = unscoped::<Entity>(BY_KEY).select().filter(Column::KeyTag.eq(key_tag));
    select.one(db).await?.map(Operation::try_from).transpose()
}

pub(crate) async fn by_id<C: ConnectionTrait>(db: &C, id: OperationId) -> Result<Option<Operation>, DbError> {
    unscoped::<Entity>(BY_JOB).by_id(id.get()).one(db).await?.map(Operation::try_from).transpose()
}

/// Stores where an operation stands now, while it has the version before. False: somebody else moved it.
pub(crate) async fn move_on(tx: &Tx, now: &Operation, external_id: Option<&str>) -> Result<bool, DbError> {
    let model = ActiveModel {
        connection_id: Set(now.connection.get()),
        state: Set(now.state.as_str().to_owned()),
        target: Set(now.target.clone()),
        progress: Set(now.progress.clone()),
        result: Set(now.result.clone()),
        external_id: external_id.map_or(sea_orm::ActiveValue::NotSet, |id| Set(Some(id.to_owned()))),
        problem: Set(now.problem.clone()),
        attempts: Set(now.attempts),
        sent_at: Set(now.sent_at.map(Timestamp::millis)),
        busy_until: Set(now.busy_until.millis()),
        updated_at: Set(tx.ambient().now().millis()),
        version: Set(now.version),
        ..Default::default()
    };
    let update = owned::<Entity>(now.owner).update_many().set(model).filter(Column::Id.eq(now.id.get()));
    Ok(update.filter(Column::Version.eq(now.version - 1)).exec(tx).await?.rows_affected == 1)
}

/// True when another operation made this.
pub(crate) async fn is_claimed<C: ConnectionTrait>(
    db: &C,
    connection: ConnectionId,
    external_id: &str,
    by: OperationId,
) -> Result<bool, DbError> {
    let select = unscoped::<Entity>(BY_JOB).select().select_only().column(Column::Id);
    let same = select.filter(Column::ConnectionId.eq(connection.get())).filter(Column::ExternalId.eq(external_id));
    let found: Option<uuid::Uuid> = same.filter(Column::Id.ne(by.get())).into_tuple().one(db).await?;
    Ok(found.is_some())
}

/// Their own alone: what somebody makes is theirs to see.
fn own(actor: &Actor) -> Condition {
    Condition::all().add(Column::CreatedBy.eq(actor.author().get()))
}

pub(crate) async fn find<C: ConnectionTrait>(db: &C, actor: &Actor, id: OperationId) -> Result<Option<Operation>, DbError> {
    let select = owned::<Entity>(actor.owner).by_id(id.get()).filter(own(actor));
    select.one(db).await?.map(Operation::try_from).transpose()
}

pub(crate) async fn list<C: ConnectionTrait>(
    db: &C,
    actor: &Actor,
    state: Option<OperationState>,
    request: &PageRequest,
) -> Result<Page<Operation>, DbError> {
    let mut select = owned::<Entity>(actor.owner).select().filter(own(actor));
    if let Some(state) = state {
        select = select.filter(Column::State.eq(state.as_str()));
    }
    page(select, db, request).await
}

/// Everything of a space, for its export.
pub(crate) async fn of_space<C: ConnectionTrait>(
    db: &C,
    owner: Owner,
    request: &PageRequest,
) -> Result<Page<Operation>, DbError> {
    page(owned::<Entity>(owner).select(), db, request).await
}

async fn page<C: ConnectionTrait>(
    select: sea_orm::Select<Entity>,
    db: &C,
    request: &PageRequest,
) -> Result<Page<Operation>, DbError> {
    let mut select = select;
    if let Some(since) = request.updated_since {
        select = select.filter(Column::UpdatedAt.gte(since.millis()));
    }
    let key = |row: &Model| CursorKey { at: Timestamp::from_millis(row.created_at), id: row.id };
    let page = core_db::page(select, (Column::CreatedAt, Column::Id), request, db, key).await?;
    let items = page.items.into_iter().map(Operation::try_from).collect::<Result<_, _>>()?;
    Ok(Page { items, next: page.next })
}

pub(crate) async fn delete_all(tx: &Tx, owner: Owner) -> Result<(), DbError> {
    owned::<Entity>(owner).delete_many().exec(tx).await?;
    Ok(())
}

/// What a person made in spaces of organisations.
pub(crate) async fn forget(tx: &Tx, user: UserId) -> Result<(), DbError> {
    let elsewhere = Condition::all().add(Column::CreatedBy.eq(user.get())).add(Column::OwnerId.ne(user.get()));
    unscoped::<Entity>(LEAVING).delete_many().filter(elsewhere).exec(tx).await?;
    Ok(())
}

impl TryFrom<Model> for Operation {
    type Error = DbError;

    fn try_from(row: Model) -> Result<Self, DbError> {
        let corrupt = |what: &str| DbError::Corrupt(format!("operation {}: {what}", row.id));
        Ok(Self {
            id: OperationId(row.id),
            owner: Owner(row.owner_id),
            created_by: UserId(row.created_by),
            connection: ConnectionId(row.connection_id),
            kind: OperationKind::parse(&row.kind).ok_or_else(|| corrupt("kind"))?,
            state: OperationState::parse(&row.state).ok_or_else(|| corrupt("state"))?,
            target: row.target,
            progress: row.progress.filter(|value| *value != Value::Null),
            result: row.result.filter(|value| *value != Value::Null),
            problem: row.problem,
            attempts: row.attempts,
            sent_at: row.sent_at.map(Timestamp::from_millis),
            busy_until: Timestamp::from_millis(row.busy_until),
            fingerprint: row.fingerprint,
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
            version: row.version,
        })
    }
}
