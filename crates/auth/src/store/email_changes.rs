use core_db::{DbError, Tx, unscoped};
use core_kernel::{Timestamp, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::entity::email_change as row;
use crate::{Email, SessionId};

const REASON: &str = "changes of address are looked up by their person, who was found by a code";

/// Which of the two addresses speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Old,
    New,
}

/// A change of address that waits for one side or both.
#[derive(Clone, Debug)]
pub(crate) struct EmailChange {
    pub(crate) user: UserId,
    pub(crate) id: Uuid,
    pub(crate) new: Email,
    /// The change was asked for at this version of the account's address.
    pub(crate) email_version: i64,
    /// The session that it was asked for in.
    pub(crate) session: SessionId,
    pub(crate) expires_at: Timestamp,
}

/// Stores a change; one that waits already ends.
pub(crate) async fn replace(tx: &Tx, change: &EmailChange) -> Result<(), DbError> {
    unscoped::<row::Entity>(REASON).delete_many().filter(row::Column::UserId.eq(change.user.get())).exec(tx).await?;
    let model = row::ActiveModel {
        user_id: Set(change.user.get()),
        change_id: Set(change.id),
        new_email: Set(change.new.as_str().to_owned()),
        email_version: Set(change.email_version),
        session_id: Set(change.session.get()),
        old_confirmed_at: Set(None),
        new_confirmed_at: Set(None),
        created_at: Set(tx.ambient().now().millis()),
        expires_at: Set(change.expires_at.millis()),
    };
    row::Entity::insert(model).exec_without_returning(tx).await?;
    Ok(())
}

/// Notes that one side said yes. Gives the change and whether both have; `None`: it ended, or another one was asked for since.
pub(crate) async fn confirm(tx: &Tx, user: UserId, id: Uuid, side: Side) -> Result<Option<(EmailChange, bool)>, DbError> {
    let now = tx.ambient().now().millis();
    let column = match side {
        Side::Old => row::Column::OldConfirmedAt,
        Side::New => row::Column::NewConfirmedAt,
    };
    let confirmed = unscoped::<row::Entity>(REASON)
        .update_many()
        .col_expr(column, Expr::value(now))
        .filter(row::Column::UserId.eq(user.get()))
        .filter(row::Column::ChangeId.eq(id))
        .filter(row::Column::ExpiresAt.gt(now))
        .exec(tx)
        .await?;
    if confirmed.rows_affected != 1 {
        return Ok(None);
    }
    let found = unscoped::<row::Entity>(REASON).by_id(user.get()).one(tx).await?.ok_or(DbError::NotFound)?;
    let both = found.old_confirmed_at.is_some() && found.new_confirmed_at.is_some();
    Ok(Some((found.try_into()?, both)))
}

/// Ends a change. `false`: it had ended.
pub(crate) async fn end(tx: &Tx, user: UserId, id: Uuid) -> Result<bool, DbError> {
    let delete = unscoped::<row::Entity>(REASON).delete_many().filter(row::Column::UserId.eq(user.get()));
    Ok(delete.filter(row::Column::ChangeId.eq(id)).exec(tx).await?.rows_affected == 1)
}

pub(crate) async fn delete_of(tx: &Tx, user: UserId) -> Result<(), DbError> {
    unscoped::<row::Entity>(REASON).delete_many().filter(row::Column::UserId.eq(user.get())).exec(tx).await?;
    Ok(())
}

pub(crate) async fn sweep(tx: &Tx, moment: Timestamp) -> Result<u64, DbError> {
    let delete = unscoped::<row::Entity>(REASON).delete_many().filter(row::Column::ExpiresAt.lt(moment.millis()));
    Ok(delete.exec(tx).await?.rows_affected)
}

impl TryFrom<row::Model> for EmailChange {
    type Error = DbError;

    fn try_from(row: row::Model) -> Result<Self, DbError> {
        Ok(Self {
            user: UserId(row.user_id),
            id: row.change_id,
            new: Email::parse(&row.new_email).ok_or_else(|| DbError::Corrupt(format!("email change {}", row.change_id)))?,
            email_version: row.email_version,
            session: SessionId(row.session_id),
            expires_at: Timestamp::from_millis(row.expires_at),
        })
    }
}
