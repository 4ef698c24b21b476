use core_db::{DbError, Tx, owned};
use core_kernel::{Actor, Owner};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::Value;

use super::entity::import::{ActiveModel, Column, Entity, Model};
use crate::model::{Import, ImportId, ImportSource, ImportStatus};

pub(crate) async fn insert(
    tx: &Tx,
    actor: &Actor,
    id: ImportId,
    source: ImportSource,
    options: Value,
) -> Result<Import, DbError> {
    let now = tx.ambient().now().millis();
    let row = Model {
        id: id.get(),
        owner_id: actor.personal_space().get(),
        created_by: actor.subject.get(),
        source: source.as_str().to_owned(),
        status: ImportStatus::Queued.as_str().to_owned(),
        options,
        problem_code: None,
        problem_detail: None,
        result: None,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    Entity::insert(row.clone().into_active_model()).exec_without_returning(tx).await?;
    Import::try_from(row)
}

pub(crate) async fn find<C: ConnectionTrait>(connection: &C, owner: Owner, id: ImportId) -> Result<Option<Import>, DbError> {
    owned::<Entity>(owner).by_id(id.get()).one(connection).await?.map(Import::try_from).transpose()
}

pub(crate) async fn all<C: ConnectionTrait>(connection: &C, owner: Owner) -> Result<Vec<Import>, DbError> {
    owned::<Entity>(owner).select().all(connection).await?.into_iter().map(Import::try_from).collect()
}

/// Moves an import on. False: it has ended, or its person was erased.
pub(crate) async fn move_on(
    tx: &Tx,
    owner: Owner,
    id: ImportId,
    status: ImportStatus,
    problem: Option<(&str, String)>,
    result: Option<Value>,
) -> Result<bool, DbError> {
    let open = [ImportStatus::Queued, ImportStatus::Running].map(ImportStatus::as_str);
    let (code, detail) = problem.map_or((None, None), |(code, detail)| (Some(code.to_owned()), Some(detail)));
    let change = ActiveModel {
        status: Set(status.as_str().to_owned()),
        problem_code: Set(code),
        problem_detail: Set(detail),
        result: Set(result),
        updated_at: Set(tx.ambient().now().millis()),
        ..Default::default()
    };
    let update = owned::<Entity>(owner).update_many().set(change).filter(Column::Id.eq(id.get()));
    Ok(update.filter(Column::Status.is_in(open)).exec(tx).await?.rows_affected == 1)
}

pub(crate) async fn delete_all(tx: &Tx, owner: Owner) -> Result<(), DbError> {
    owned::<Entity>(owner).delete_many().exec(tx).await?;
    Ok(())
}

impl TryFrom<Model> for Import {
    type Error = DbError;

    fn try_from(row: Model) -> Result<Self, DbError> {
        let corrupt = || DbError::Corrupt(format!("the import {}", row.id));
        Ok(Self {
            id: ImportId(row.id),
            source: ImportSource::parse(&row.source).ok_or_else(corrupt)?,
            status: ImportStatus::parse(&row.status).ok_or_else(corrupt)?,
            options: row.options,
            problem: row.problem_code.zip(row.problem_detail),
            result: row.result,
        })
    }
}
