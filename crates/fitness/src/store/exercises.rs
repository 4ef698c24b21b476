use core_db::{DbError, Tx, owned};
use core_kernel::{Actor, Owner, Timestamp};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder};

use super::entity::exercise::{Column, Entity, Model};
use crate::catalogue::Exercise;

/// An exercise that somebody wrote or that was imported.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredExercise {
    /// What it is.
    pub exercise: Exercise,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Grows with every change.
    pub version: i64,
}

pub(crate) async fn all<C: ConnectionTrait>(connection: &C, owner: Owner) -> Result<Vec<StoredExercise>, DbError> {
    let select = owned::<Entity>(owner).select().order_by_asc(Column::Slug);
    select.all(connection).await?.into_iter().map(StoredExercise::try_from).collect()
}

pub(crate) async fn find<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    slug: &str,
) -> Result<Option<StoredExercise>, DbError> {
    let select = owned::<Entity>(owner).select().filter(Column::Slug.eq(slug));
    select.one(connection).await?.map(StoredExercise::try_from).transpose()
}

pub(crate) async fn count<C: ConnectionTrait>(connection: &C, owner: Owner) -> Result<u64, DbError> {
    Ok(owned::<Entity>(owner).select().count(connection).await?)
}

/// A taken slug is [`DbError::Conflict`].
pub(crate) async fn insert(tx: &Tx, owner: Owner, actor: &Actor, exercise: &Exercise) -> Result<StoredExercise, DbError> {
    let now = tx.ambient().now().millis();
    let row = Model {
        id: tx.ambient().ids.next(),
        owner_id: owner.get(),
        created_by: actor.subject.get(),
        slug: exercise.id.clone(),
        document: document(exercise)?,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    Entity::insert(row.clone().into_active_model()).exec_without_returning(tx).await?;
    StoredExercise::try_from(row)
}

/// False: there is none of this version.
pub(crate) async fn update(tx: &Tx, owner: Owner, exercise: &Exercise, version: i64) -> Result<bool, DbError> {
    let update = owned::<Entity>(owner)
        .update_many()
        .col_expr(Column::Document, Expr::value(document(exercise)?))
        .col_expr(Column::UpdatedAt, Expr::value(tx.ambient().now().millis()))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Slug.eq(exercise.id.as_str()))
        .filter(Column::Version.eq(version));
    Ok(update.exec(tx).await?.rows_affected == 1)
}

/// False: there was none.
pub(crate) async fn delete(tx: &Tx, owner: Owner, slug: &str) -> Result<bool, DbError> {
    let done = owned::<Entity>(owner).delete_many().filter(Column::Slug.eq(slug)).exec(tx).await?;
    Ok(done.rows_affected > 0)
}

pub(crate) async fn delete_all(tx: &Tx, owner: Owner) -> Result<(), DbError> {
    owned::<Entity>(owner).delete_many().exec(tx).await?;
    Ok(())
}

fn document(exercise: &Exercise) -> Result<serde_json::Value, DbError> {
    serde_json::to_value(exercise).map_err(|error| DbError::Corrupt(error.to_string()))
}

impl TryFrom<Model> for StoredExercise {
    type Error = DbError;

    fn try_from(row: Model) -> Result<Self, DbError> {
        let exercise = serde_json::from_value(row.document)
            .map_err(|error| DbError::Corrupt(format!("the exercise {}: {error}", row.id)))?;
        let (created_at, updated_at) = (Timestamp::from_millis(row.created_at), Timestamp::from_millis(row.updated_at));
        Ok(Self { exercise, created_at, updated_at, version: row.version })
    }
}
