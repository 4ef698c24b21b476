use core_db::{DbError, Tx, unscoped};
use core_kernel::{Timestamp, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

use super::entity::identity as row;
use crate::model::{IdentityId, LinkedIdentity};
use crate::oauth::Identified;

const REASON: &str = "identities are looked up by issuer and subject, before an owner is known";

/// Links an identity to a person; one that is linked already is [`DbError::Conflict`].
pub(crate) async fn create(tx: &Tx, user: UserId, identified: &Identified) -> Result<(), DbError> {
    let now = tx.ambient().now().millis();
    let model = row::ActiveModel {
        id: Set(tx.ambient().ids.next()),
        user_id: Set(user.get()),
        provider: Set(identified.provider.clone()),
        issuer: Set(identified.issuer.clone()),
        subject: Set(identified.subject.clone()),
        email: Set(identified.email.clone()),
        created_at: Set(now),
        last_used_at: Set(Some(now)),
    };
    row::Entity::insert(model).exec_without_returning(tx).await?;
    Ok(())
}

pub(crate) async fn find<C: ConnectionTrait>(
    connection: &C,
    issuer: &str,
    subject: &str,
) -> Result<Option<LinkedIdentity>, DbError> {
    let select =
        unscoped::<row::Entity>(REASON).select().filter(row::Column::Issuer.eq(issuer)).filter(row::Column::Subject.eq(subject));
    Ok(select.one(connection).await?.map(LinkedIdentity::from))
}

/// Notes that somebody signed in with it.
pub(crate) async fn used(tx: &Tx, id: IdentityId) -> Result<(), DbError> {
    let change = unscoped::<row::Entity>(REASON)
        .update_many()
        .col_expr(row::Column::LastUsedAt, Expr::value(tx.ambient().now().millis()))
        .filter(row::Column::Id.eq(id.get()));
    change.exec(tx).await?;
    Ok(())
}

/// A person's identities, oldest first.
pub(crate) async fn list<C: ConnectionTrait>(connection: &C, user: UserId) -> Result<Vec<LinkedIdentity>, DbError> {
    let mine = unscoped::<row::Entity>(REASON).select().filter(row::Column::UserId.eq(user.get()));
    let rows = mine.order_by_asc(row::Column::CreatedAt).order_by_asc(row::Column::Id).all(connection).await?;
    Ok(rows.into_iter().map(LinkedIdentity::from).collect())
}

/// How many identities of these issuers a person has.
pub(crate) async fn count(tx: &Tx, user: UserId, issuers: Vec<String>) -> Result<u64, DbError> {
    let mine = unscoped::<row::Entity>(REASON).select().filter(row::Column::UserId.eq(user.get()));
    Ok(mine.filter(row::Column::Issuer.is_in(issuers)).count(tx).await?)
}

/// Removes one of a person's identities. `None`: there is no such.
pub(crate) async fn delete(tx: &Tx, user: UserId, id: IdentityId) -> Result<Option<LinkedIdentity>, DbError> {
    let mine = row::Column::UserId.eq(user.get());
    let found = unscoped::<row::Entity>(REASON).by_id(id.get()).filter(mine.clone()).one(tx).await?;
    let delete = unscoped::<row::Entity>(REASON).delete_many().filter(row::Column::Id.eq(id.get())).filter(mine);
    Ok(if delete.exec(tx).await?.rows_affected == 1 { found.map(LinkedIdentity::from) } else { None })
}

pub(crate) async fn delete_of(tx: &Tx, user: UserId) -> Result<(), DbError> {
    unscoped::<row::Entity>(REASON).delete_many().filter(row::Column::UserId.eq(user.get())).exec(tx).await?;
    Ok(())
}

impl From<row::Model> for LinkedIdentity {
    fn from(row: row::Model) -> Self {
        Self {
            id: IdentityId(row.id),
            user: UserId(row.user_id),
            provider: row.provider,
            issuer: row.issuer,
            subject: row.subject,
            email: row.email,
            created_at: Timestamp::from_millis(row.created_at),
            last_used_at: row.last_used_at.map(Timestamp::from_millis),
        }
    }
}
