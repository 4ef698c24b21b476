use std::time::Duration;

use core_db::{DbError, Tx, owned, unscoped};
use core_kernel::{CursorKey, Page, PageRequest, Timestamp, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect};

use super::entity::export::{ActiveModel, Column, Entity, Model};
use crate::model::{Export, ExportId, ExportStatus};

pub(crate) async fn create(tx: &Tx, user: UserId) -> Result<Export, DbError> {
    let now = tx.ambient().now().millis();
    let model = Model {
        id: tx.ambient().id::<ExportId>().get(),
        user_id: user.get(),
        status: ExportStatus::Queued.as_str().to_owned(),
        problem_code: None,
        bytes: None,
        created_at: now,
        updated_at: now,
        expires_at: None,
    };
    Entity::insert(ActiveModel::from(model.clone())).exec_without_returning(tx).await?;
    Export::try_from(model)
}

pub(crate) async fn find<C: ConnectionTrait>(connection: &C, user: UserId, id: ExportId) -> Result<Option<Export>, DbError> {
    owned::<Entity>(user.into()).by_id(id.get()).one(connection).await?.map(Export::try_from).transpose()
}

pub(crate) async fn unfinished<C: ConnectionTrait>(connection: &C, user: UserId) -> Result<Option<Export>, DbError> {
    let waiting = [ExportStatus::Queued, ExportStatus::Running].map(ExportStatus::as_str);
    let select = owned::<Entity>(user.into()).select().filter(Column::Status.is_in(waiting));
    select.one(connection).await?.map(Export::try_from).transpose()
}

pub(crate) async fn list<C: ConnectionTrait>(
    connection: &C,
    user: UserId,
    request: &PageRequest,
) -> Result<Page<Export>, DbError> {
    let key = |row: &Model| CursorKey { at: Timestamp::from_millis(row.created_at), id: row.id };
    let select = owned::<Entity>(user.into()).select();
    let page = core_db::page(select, (Column::CreatedAt, Column::Id), request, connection, key).await?;
    let items = page.items.into_iter().map(Export::try_from).collect::<Result<_, _>>()?;
    Ok(Page { items, next: page.next })
}

pub(crate) async fn all_of<C: ConnectionTrait>(connection: &C, user: UserId) -> Result<Vec<Export>, DbError> {
    owned::<Entity>(user.into()).select().all(connection).await?.into_iter().map(Export::try_from).collect()
}

/// Archives that nobody may fetch any more, and exports that never ended: those of a month ago.
pub(crate) async fn over<C: ConnectionTrait>(connection: &C, now: Timestamp, limit: u64) -> Result<Vec<Export>, DbError> {
    let month = now.minus(Duration::from_hours(24 * 30)).millis();
    let ended = Column::ExpiresAt.lt(now.millis()).or(Column::CreatedAt.lt(month));
    let select = unscoped::<Entity>("archives of anybody have their time").select().filter(ended).limit(limit);
    select.all(connection).await?.into_iter().map(Export::try_from).collect()
}

/// A worker has it. False: it has ended, or its person was erased.
pub(crate) async fn begin(tx: &Tx, user: UserId, id: ExportId) -> Result<bool, DbError> {
    let change = ActiveModel { status: Set(ExportStatus::Running.as_str().to_owned()), ..Default::default() };
    move_on(tx, user, id, change).await
}

/// The archive is there. False: its person was erased meanwhile.
pub(crate) async fn succeed(tx: &Tx, user: UserId, id: ExportId, bytes: u64, kept: Duration) -> Result<bool, DbError> {
    let change = ActiveModel {
        status: Set(ExportStatus::Succeeded.as_str().to_owned()),
        bytes: Set(Some(i64::try_from(bytes).unwrap_or(i64::MAX))),
        expires_at: Set(Some(tx.ambient().now().plus(kept).millis())),
        ..Default::default()
    };
    move_on(tx, user, id, change).await
}

pub(crate) async fn fail(tx: &Tx, user: UserId, id: ExportId, code: &str) -> Result<(), DbError> {
    let change = ActiveModel {
        status: Set(ExportStatus::Failed.as_str().to_owned()),
        problem_code: Set(Some(code.to_owned())),
        ..Default::default()
    };
    move_on(tx, user, id, change).await.map(drop)
}

async fn move_on(tx: &Tx, user: UserId, id: ExportId, change: ActiveModel) -> Result<bool, DbError> {
    let waiting = [ExportStatus::Queued, ExportStatus::Running].map(ExportStatus::as_str);
    let change = ActiveModel { updated_at: Set(tx.ambient().now().millis()), ..change };
    let update = owned::<Entity>(user.into()).update_many().set(change).filter(Column::Id.eq(id.get()));
    Ok(update.filter(Column::Status.is_in(waiting)).exec(tx).await?.rows_affected == 1)
}

pub(crate) async fn delete(tx: &Tx, user: UserId, id: ExportId) -> Result<(), DbError> {
    owned::<Entity>(user.into()).delete_many().filter(Column::Id.eq(id.get())).exec(tx).await?;
    Ok(())
}

pub(crate) async fn delete_all(tx: &Tx, user: UserId) -> Result<(), DbError> {
    owned::<Entity>(user.into()).delete_many().exec(tx).await?;
    Ok(())
}

impl TryFrom<Model> for Export {
    type Error = DbError;

    fn try_from(row: Model) -> Result<Self, DbError> {
        let status = ExportStatus::parse(&row.status);
        Ok(Self {
            id: ExportId(row.id),
            user: UserId(row.user_id),
            status: status.ok_or_else(|| DbError::Corrupt(format!("export {}: status", row.id)))?,
            problem: row.problem_code,
            bytes: row.bytes.and_then(|bytes| u64::try_from(bytes).ok()),
            created_at: Timestamp::from_millis(row.created_at),
            expires_at: row.expires_at.map(Timestamp::from_millis),
        })
    }
}
