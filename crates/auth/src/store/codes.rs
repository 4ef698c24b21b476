use std::time::Duration;

use core_db::{DbError, Tx, unscoped};
use core_kernel::{Secret, Timestamp, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::entity::code as row;
use crate::model::{Code, Purpose};
use crate::token::{code_hash, one_time_code};

const REASON: &str = "codes are looked up by their hash, before an owner is known";

/// Makes a code and voids the earlier ones of the same purpose and person.
pub(crate) async fn create(
    tx: &Tx,
    purpose: Purpose,
    user: Option<UserId>,
    bound_to: String,
    life: Duration,
) -> Result<Secret, DbError> {
    void(tx, purpose, user).await?;
    create_another(tx, purpose, user, bound_to, life).await
}

/// Makes a code beside earlier ones.
pub(crate) async fn create_another(
    tx: &Tx,
    purpose: Purpose,
    user: Option<UserId>,
    bound_to: String,
    life: Duration,
) -> Result<Secret, DbError> {
    let code = one_time_code(tx.ambient().rng.as_ref());
    keep(tx, purpose, user, &code, bound_to, life).await?;
    Ok(code)
}

/// Keeps a code that was drawn elsewhere: the challenge of a ceremony.
pub(crate) async fn keep(
    tx: &Tx,
    purpose: Purpose,
    user: Option<UserId>,
    code: &Secret,
    bound_to: String,
    life: Duration,
) -> Result<(), DbError> {
    let now = tx.ambient().now();
    let model = row::ActiveModel {
        id: Set(tx.ambient().ids.next()),
        purpose: Set(purpose.as_str().to_owned()),
        user_id: Set(user.map(UserId::get)),
        code_hash: Set(code_hash(tx.keyring(), code.expose())),
        bound_to: Set(bound_to),
        created_at: Set(now.millis()),
        expires_at: Set(now.plus(life).millis()),
        used_at: Set(None),
    };
    row::Entity::insert(model).exec_without_returning(tx).await?;
    Ok(())
}

/// Uses a code up. One conditional write: of two requests with the same code one gets it. `None`: made up, of another purpose,
/// used, voided or expired.
pub(crate) async fn consume(tx: &Tx, purpose: Purpose, code: &str) -> Result<Option<Code>, DbError> {
    let hash = code_hash(tx.keyring(), code);
    let now = tx.ambient().now();
    let used = unscoped::<row::Entity>(REASON)
        .update_many()
        .col_expr(row::Column::UsedAt, Expr::value(now.millis()))
        .filter(row::Column::CodeHash.eq(hash.clone()))
        .filter(row::Column::Purpose.eq(purpose.as_str()))
        .filter(row::Column::UsedAt.is_null())
        .filter(row::Column::ExpiresAt.gt(now.millis()))
        .exec(tx)
        .await?;
    if used.rows_affected != 1 {
        return Ok(None);
    }
    let found = unscoped::<row::Entity>(REASON).select().filter(row::Column::CodeHash.eq(hash)).one(tx).await?;
    Ok(found.map(|row| Code { id: row.id, user: row.user_id.map(UserId), bound_to: row.bound_to }))
}

/// A code that could be used, without using it up.
pub(crate) async fn look_at(tx: &Tx, purpose: Purpose, code: &str) -> Result<Option<Code>, DbError> {
    let select = unscoped::<row::Entity>(REASON)
        .select()
        .filter(row::Column::CodeHash.eq(code_hash(tx.keyring(), code)))
        .filter(row::Column::Purpose.eq(purpose.as_str()))
        .filter(row::Column::UsedAt.is_null())
        .filter(row::Column::ExpiresAt.gt(tx.ambient().now().millis()));
    Ok(select.one(tx).await?.map(|row| Code { id: row.id, user: row.user_id.map(UserId), bound_to: row.bound_to }))
}

/// Makes the open codes of a purpose and person unusable.
pub(crate) async fn void(tx: &Tx, purpose: Purpose, user: Option<UserId>) -> Result<(), DbError> {
    let whose = match user {
        Some(user) => row::Column::UserId.eq(user.get()),
        None => row::Column::UserId.is_null(),
    };
    let delete = unscoped::<row::Entity>(REASON).delete_many().filter(row::Column::Purpose.eq(purpose.as_str()));
    delete.filter(whose).filter(row::Column::UsedAt.is_null()).exec(tx).await?;
    Ok(())
}

pub(crate) async fn sweep(tx: &Tx, moment: Timestamp) -> Result<u64, DbError> {
    let delete = unscoped::<row::Entity>(REASON).delete_many().filter(row::Column::ExpiresAt.lt(moment.millis()));
    Ok(delete.exec(tx).await?.rows_affected)
}

/// Removes questions to passkeys that nobody can answer any more. Anybody can have them asked, so they do not stay as long as
/// codes that tell what happened.
pub(crate) async fn sweep_ceremonies(tx: &Tx) -> Result<u64, DbError> {
    let delete = unscoped::<row::Entity>(REASON)
        .delete_many()
        .filter(row::Column::Purpose.eq(Purpose::PasskeySignIn.as_str()))
        .filter(row::Column::ExpiresAt.lt(tx.ambient().now().millis()));
    Ok(delete.exec(tx).await?.rows_affected)
}

pub(crate) async fn delete_of(tx: &Tx, user: UserId) -> Result<(), DbError> {
    unscoped::<row::Entity>(REASON).delete_many().filter(row::Column::UserId.eq(user.get())).exec(tx).await?;
    Ok(())
}
