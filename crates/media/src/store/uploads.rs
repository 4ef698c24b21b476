use core_db::{DbError, Tx, owned, unscoped};
use core_kernel::{Actor, Owner, Timestamp, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use serde_json::json;
use uuid::Uuid;

use super::entity::upload::{ActiveModel, Column, Entity, Model};
use crate::model::{MediaId, Upload, UploadId};

pub(crate) async fn insert(
    tx: &Tx,
    actor: &Actor,
    length: u64,
    metadata: &str,
    (expires_at, direct): (Timestamp, bool),
) -> Result<Upload, DbError> {
    let now = tx.ambient().now().millis();
    let model = Model {
        id: tx.ambient().ids.next(),
        owner_id: actor.owner.get(),
        created_by: actor.author().get(),
        length: i64::try_from(length).unwrap_or(i64::MAX),
        offset: 0,
        metadata: metadata.to_owned(),
        media_id: None,
        parts: json!([]),
        direct,
        expires_at: expires_at.millis(),
        created_at: now,
        updated_at: now,
        version: 1,
    };
    Entity::insert(ActiveModel::from(model.clone())).exec_without_returning(tx).await?;
    Upload::try_from(model)
}

/// One that the actor began: in parts, or straight into the store.
pub(crate) async fn find<C: ConnectionTrait>(
    connection: &C,
    actor: &Actor,
    id: UploadId,
    direct: bool,
) -> Result<Option<Upload>, DbError> {
    let select = owned::<Entity>(actor.owner).by_id(id.get()).filter(Column::CreatedBy.eq(actor.author().get()));
    select.filter(Column::Direct.eq(direct)).one(connection).await?.map(Upload::try_from).transpose()
}

/// The same one as it stands now.
pub(crate) async fn again<C: ConnectionTrait>(connection: &C, upload: &Upload) -> Result<Option<Upload>, DbError> {
    owned::<Entity>(upload.owner).by_id(upload.id.get()).one(connection).await?.map(Upload::try_from).transpose()
}

/// A part is there. False: another one was faster.
pub(crate) async fn advance(tx: &Tx, upload: &Upload, bytes: u64) -> Result<bool, DbError> {
    let mut parts = upload.parts.clone();
    parts.push(upload.offset);
    let change = ActiveModel {
        offset: Set(i64::try_from(upload.offset + bytes).unwrap_or(i64::MAX)),
        parts: Set(json!(parts)),
        updated_at: Set(tx.ambient().now().millis()),
        ..Default::default()
    };
    let update = owned::<Entity>(upload.owner).update_many().set(change).filter(Column::Id.eq(upload.id.get()));
    let stands = Column::Offset.eq(i64::try_from(upload.offset).unwrap_or(i64::MAX));
    Ok(update.filter(stands).exec(tx).await?.rows_affected == 1)
}

/// All of it is there, and this is the picture. False: it has one already.
pub(crate) async fn finish(tx: &Tx, upload: &Upload, media: MediaId) -> Result<bool, DbError> {
    let change = ActiveModel { media_id: Set(Some(media.get())), parts: Set(json!([])), ..Default::default() };
    let update = owned::<Entity>(upload.owner).update_many().set(change).filter(Column::Id.eq(upload.id.get()));
    Ok(update.filter(Column::MediaId.is_null()).exec(tx).await?.rows_affected == 1)
}

pub(crate) async fn delete(tx: &Tx, upload: &Upload) -> Result<(), DbError> {
    owned::<Entity>(upload.owner).delete_many().filter(Column::Id.eq(upload.id.get())).exec(tx).await?;
    Ok(())
}

/// Which of these are there.
pub(crate) async fn present<C: ConnectionTrait>(connection: &C, ids: &[Uuid]) -> Result<Vec<Uuid>, DbError> {
    let select = unscoped::<Entity>("uploads of anybody have their time").select().filter(Column::Id.is_in(ids.iter().copied()));
    Ok(select.select_only().column(Column::Id).into_tuple().all(connection).await?)
}

pub(crate) async fn over<C: ConnectionTrait>(connection: &C, now: Timestamp, limit: u64) -> Result<Vec<Upload>, DbError> {
    let select = unscoped::<Entity>("uploads of anybody have their time").select();
    let rows = select.filter(Column::ExpiresAt.lt(now.millis())).limit(limit).all(connection).await?;
    rows.into_iter().map(Upload::try_from).collect()
}

pub(crate) async fn of_space<C: ConnectionTrait>(connection: &C, owner: Owner) -> Result<Vec<Upload>, DbError> {
    owned::<Entity>(owner).select().all(connection).await?.into_iter().map(Upload::try_from).collect()
}

/// Those of a person in spaces of organisations.
pub(crate) async fn elsewhere<C: ConnectionTrait>(connection: &C, user: UserId) -> Result<Vec<Upload>, DbError> {
    let select = unscoped::<Entity>("a person leaves rows in the spaces of organisations").select();
    let select = select.filter(Column::CreatedBy.eq(user.get())).filter(Column::OwnerId.ne(user.get()));
    select.all(connection).await?.into_iter().map(Upload::try_from).collect()
}

impl TryFrom<Model> for Upload {
    type Error = DbError;

    fn try_from(row: Model) -> Result<Self, DbError> {
        let size = |number: i64| u64::try_from(number).unwrap_or(0);
        Ok(Self {
            id: UploadId(row.id),
            owner: Owner(row.owner_id),
            created_by: UserId(row.created_by),
            length: size(row.length),
            offset: size(row.offset),
            metadata: row.metadata,
            media: row.media_id.map(MediaId),
            expires_at: Timestamp::from_millis(row.expires_at),
            parts: serde_json::from_value(row.parts).map_err(|_| DbError::Corrupt(format!("upload {}: parts", row.id)))?,
        })
    }
}
