use core_db::{DbError, Tx, owned};
use core_kernel::Owner;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, UpdateMany};
use uuid::Uuid;

use super::more_rows::spending::{ActiveModel, Column, Entity};
use crate::model::{Account, Reservation};

fn of(account: &Account) -> UpdateMany<Entity> {
    owned::<Entity>(Owner(account.subject))
        .update_many()
        .filter(Column::Scope.eq(account.scope.as_str()))
        .filter(Column::PeriodStart.eq(account.since))
}

/// Sets an amount aside while it fits into the budget. False: it does not. The condition stands in the statement that adds, so that calls at the
/// same time can't set aside more than there is.
pub(crate) async fn reserve(tx: &Tx, account: &Account, micros: i64, budget: i64) -> Result<bool, DbError> {
    let fresh = ActiveModel {
        id: Set(tx.ambient().ids.next()),
        owner_id: Set(account.subject),
        created_by: Set(Uuid::nil()),
        created_at: Set(tx.ambient().now().millis()),
        scope: Set(account.scope.as_str().to_owned()),
        period_start: Set(account.since),
        spent_micros: Set(0),
        reserved_micros: Set(0),
    };
    let taken = OnConflict::new().do_nothing().to_owned();
    Entity::insert(fresh).on_conflict(taken).try_insert().exec_without_returning(tx).await?;
    let used = Expr::col(Column::SpentMicros).add(Expr::col(Column::ReservedMicros)).add(micros);
    let update =
        of(account).col_expr(Column::ReservedMicros, Expr::col(Column::ReservedMicros).add(micros)).filter(used.lte(budget));
    Ok(update.exec(tx).await?.rows_affected > 0)
}

/// Gives back what was set aside and adds what it really cost.
pub(crate) async fn settle(tx: &Tx, reservation: &Reservation, cost: i64) -> Result<(), DbError> {
    for account in &reservation.accounts {
        of(account)
            .col_expr(Column::ReservedMicros, Expr::col(Column::ReservedMicros).sub(reservation.micros))
            .col_expr(Column::SpentMicros, Expr::col(Column::SpentMicros).add(cost))
            .exec(tx)
            .await?;
    }
    Ok(())
}
