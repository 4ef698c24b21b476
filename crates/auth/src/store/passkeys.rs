use core_db::{DbError, Tx, page, unscoped};
use core_kernel::{CursorKey, Page, PageRequest, Timestamp, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter};
use webauthn_rs::prelude as webauthn;

use super::entity::passkey as row;
use crate::model::{Passkey, PasskeyId};

const REASON: &str = "a passkey says who somebody is; it is looked up before an owner is known";

/// A passkey and what checks its answers.
pub(crate) struct StoredPasskey {
    pub(crate) passkey: Passkey,
    pub(crate) user: UserId,
    pub(crate) credential: webauthn::Passkey,
}

/// Stores a new passkey; one that somebody has already is [`DbError::Conflict`].
pub(crate) async fn create(tx: &Tx, user: UserId, passkey: &Passkey, credential: &webauthn::Passkey) -> Result<(), DbError> {
    let model = row::ActiveModel {
        id: Set(passkey.id.get()),
        user_id: Set(user.get()),
        credential_id: Set(credential.cred_id().clone()),
        name: Set(passkey.name.clone()),
        credential: Set(document(credential)?),
        synced: Set(passkey.synced),
        uses: Set(0),
        last_used_at: Set(None),
        flagged_at: Set(None),
        created_at: Set(passkey.created_at.millis()),
    };
    row::Entity::insert(model).exec_without_returning(tx).await?;
    Ok(())
}

/// A passkey by what its authenticator calls it. Whoever else uses it waits for this unit of work, so that its counter is read
/// and moved by one at a time.
pub(crate) async fn begin_use(tx: &Tx, credential_id: &[u8]) -> Result<Option<StoredPasskey>, DbError> {
    let count = unscoped::<row::Entity>(REASON)
        .update_many()
        .col_expr(row::Column::Uses, Expr::col(row::Column::Uses).add(1))
        .filter(row::Column::CredentialId.eq(credential_id));
    if count.exec(tx).await?.rows_affected != 1 {
        return Ok(None);
    }
    let select = unscoped::<row::Entity>(REASON).select().filter(row::Column::CredentialId.eq(credential_id));
    select.one(tx).await?.map(StoredPasskey::try_from).transpose()
}

/// Keeps what a use changed: counter, whether it is synced, when.
pub(crate) async fn used(tx: &Tx, id: PasskeyId, credential: &webauthn::Passkey, synced: bool) -> Result<(), DbError> {
    let change = unscoped::<row::Entity>(REASON)
        .update_many()
        .col_expr(row::Column::Credential, Expr::value(document(credential)?))
        .col_expr(row::Column::Synced, Expr::value(synced))
        .col_expr(row::Column::LastUsedAt, Expr::value(tx.ambient().now().millis()))
        .filter(row::Column::Id.eq(id.get()));
    change.exec(tx).await?;
    Ok(())
}

/// Notes that there may be two of it.
pub(crate) async fn flag(tx: &Tx, id: PasskeyId) -> Result<(), DbError> {
    let change = unscoped::<row::Entity>(REASON)
        .update_many()
        .col_expr(row::Column::FlaggedAt, Expr::value(tx.ambient().now().millis()))
        .filter(row::Column::Id.eq(id.get()));
    change.exec(tx).await?;
    Ok(())
}

/// How many a person has.
pub(crate) async fn count<C: ConnectionTrait>(connection: &C, user: UserId) -> Result<u64, DbError> {
    let mine = unscoped::<row::Entity>(REASON).select().filter(row::Column::UserId.eq(user.get()));
    Ok(mine.count(connection).await?)
}

/// What the authenticators of a person call their passkeys.
pub(crate) async fn credential_ids<C: ConnectionTrait>(connection: &C, user: UserId) -> Result<Vec<Vec<u8>>, DbError> {
    let mine = unscoped::<row::Entity>(REASON).select().filter(row::Column::UserId.eq(user.get()));
    Ok(mine.all(connection).await?.into_iter().map(|row| row.credential_id).collect())
}

pub(crate) async fn list<C: ConnectionTrait>(
    connection: &C,
    user: UserId,
    request: &PageRequest,
) -> Result<Page<Passkey>, DbError> {
    let mine = unscoped::<row::Entity>(REASON).select().filter(row::Column::UserId.eq(user.get()));
    let key = |row: &row::Model| CursorKey { at: Timestamp::from_millis(row.created_at), id: row.id };
    let found = page(mine, (row::Column::CreatedAt, row::Column::Id), request, connection, key).await?;
    Ok(Page { items: found.items.into_iter().map(Passkey::from).collect(), next: found.next })
}

/// Removes a passkey. `false`: the person has no such one.
pub(crate) async fn delete(tx: &Tx, user: UserId, id: PasskeyId) -> Result<bool, DbError> {
    let delete = unscoped::<row::Entity>(REASON).delete_many().filter(row::Column::Id.eq(id.get()));
    Ok(delete.filter(row::Column::UserId.eq(user.get())).exec(tx).await?.rows_affected == 1)
}

pub(crate) async fn delete_of(tx: &Tx, user: UserId) -> Result<(), DbError> {
    unscoped::<row::Entity>(REASON).delete_many().filter(row::Column::UserId.eq(user.get())).exec(tx).await?;
    Ok(())
}

fn document(credential: &webauthn::Passkey) -> Result<serde_json::Value, DbError> {
    serde_json::to_value(credential).map_err(|error| DbError::Corrupt(format!("a passkey: {error}")))
}

impl From<row::Model> for Passkey {
    fn from(row: row::Model) -> Self {
        Self {
            id: PasskeyId(row.id),
            name: row.name,
            synced: row.synced,
            created_at: Timestamp::from_millis(row.created_at),
            last_used_at: row.last_used_at.map(Timestamp::from_millis),
            flagged_at: row.flagged_at.map(Timestamp::from_millis),
        }
    }
}

impl TryFrom<row::Model> for StoredPasskey {
    type Error = DbError;

    fn try_from(row: row::Model) -> Result<Self, DbError> {
        let corrupt = |error| DbError::Corrupt(format!("passkey {}: {error}", row.id));
        let credential = serde_json::from_value(row.credential.clone()).map_err(corrupt)?;
        Ok(Self { user: UserId(row.user_id), credential, passkey: row.into() })
    }
}
