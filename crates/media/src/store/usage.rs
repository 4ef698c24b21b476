//! What each space stores, counted as it changes.

use core_db::{DbError, Tx, owned};
use core_kernel::Owner;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::entity::usage::{ActiveModel, Column, Entity};

/// What a space stores.
pub(crate) async fn stored<C: ConnectionTrait>(connection: &C, owner: Owner) -> Result<u64, DbError> {
    let row = owned::<Entity>(owner).select().one(connection).await?;
    Ok(row.and_then(|row| u64::try_from(row.bytes).ok()).unwrap_or(0))
}

/// Adds what is about to be stored while it fits. False: there is no room. Two uploads at once can't both take the last of it.
pub(crate) async fn take(tx: &Tx, owner: Owner, bytes: i64, quota: u64) -> Result<bool, DbError> {
    let none = ActiveModel { owner_id: Set(owner.get()), bytes: Set(0) };
    let once = OnConflict::column(Column::OwnerId).do_nothing().to_owned();
    Entity::insert(none).on_conflict(once).exec_without_returning(tx).await?;
    let most = i64::try_from(quota).unwrap_or(i64::MAX).saturating_sub(bytes);
    let update = owned::<Entity>(owner).update_many().col_expr(Column::Bytes, Expr::col(Column::Bytes).add(bytes));
    Ok(update.filter(Column::Bytes.lte(most)).exec(tx).await?.rows_affected == 1)
}

/// Adds what turned out to be stored, or takes away what is no more.
pub(crate) async fn change(tx: &Tx, owner: Owner, bytes: i64) -> Result<(), DbError> {
    let update = owned::<Entity>(owner).update_many().col_expr(Column::Bytes, Expr::col(Column::Bytes).add(bytes));
    update.exec(tx).await?;
    Ok(())
}

/// Nothing of the space is left.
pub(crate) async fn forget(tx: &Tx, owner: Owner) -> Result<(), DbError> {
    owned::<Entity>(owner).delete_many().exec(tx).await?;
    Ok(())
}
