use core_db::{DbError, Owned, Tx, owned, page, unscoped};
use core_kernel::{CursorKey, Owner, Page, PageRequest, Timestamp, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter};

use super::entity::{account, api_key as row};
use crate::model::{Account, ApiKey, ApiKeyId, StoredKeyText};

const REASON: &str = "a key is looked up by the name in it, before an owner is known";

impl Owned for row::Entity {
    fn owner_column() -> row::Column {
        row::Column::OwnerId
    }
}

/// What rotation changes.
pub(crate) struct Renewal {
    pub(crate) hash: Vec<u8>,
    pub(crate) previous_until: Timestamp,
    pub(crate) expires_at: Timestamp,
}

pub(crate) async fn create(tx: &Tx, key: &ApiKey, hash: Vec<u8>) -> Result<(), DbError> {
    let model = row::ActiveModel {
        id: Set(key.id.get()),
        prefix: Set(key.prefix.clone()),
        owner_id: Set(key.owner.get()),
        created_by: Set(key.created_by.get()),
        name: Set(key.name.clone()),
        scopes: Set(serde_json::json!(key.scopes)),
        secret_hash: Set(hash),
        previous_hash: Set(None),
        previous_until: Set(None),
        expires_at: Set(key.expires_at.millis()),
        last_used_at: Set(None),
        created_at: Set(key.created_at.millis()),
        updated_at: Set(key.created_at.millis()),
        version: Set(key.version),
    };
    row::Entity::insert(model).exec_without_returning(tx).await?;
    Ok(())
}

pub(crate) async fn count<C: ConnectionTrait>(connection: &C, owner: Owner) -> Result<u64, DbError> {
    Ok(owned::<row::Entity>(owner).select().count(connection).await?)
}

pub(crate) async fn find<C: ConnectionTrait>(connection: &C, owner: Owner, id: ApiKeyId) -> Result<Option<ApiKey>, DbError> {
    owned::<row::Entity>(owner).by_id(id.get()).one(connection).await?.map(ApiKey::try_from).transpose()
}

/// A key, what opens it, and its maker's account, in one statement.
pub(crate) async fn find_by_prefix<C: ConnectionTrait>(
    connection: &C,
    prefix: &str,
) -> Result<Option<(ApiKey, StoredKeyText, Account)>, DbError> {
    let select = unscoped::<row::Entity>(REASON).select().filter(row::Column::Prefix.eq(prefix));
    let Some((found, Some(account))) = select.find_also_related(account::Entity).one(connection).await? else {
        return Ok(None);
    };
    let texts = StoredKeyText {
        current: found.secret_hash.clone(),
        previous: found.previous_hash.clone().zip(found.previous_until.map(Timestamp::from_millis)),
        expires_at: Timestamp::from_millis(found.expires_at),
        last_used_at: found.last_used_at.map(Timestamp::from_millis),
    };
    Ok(Some((found.try_into()?, texts, account.try_into()?)))
}

pub(crate) async fn list<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    request: &PageRequest,
) -> Result<Page<ApiKey>, DbError> {
    let mut select = owned::<row::Entity>(owner).select();
    if let Some(since) = request.updated_since {
        select = select.filter(row::Column::UpdatedAt.gte(since.millis()));
    }
    let key = |row: &row::Model| CursorKey { at: Timestamp::from_millis(row.created_at), id: row.id };
    let found = page(select, (row::Column::CreatedAt, row::Column::Id), request, connection, key).await?;
    let next = found.next;
    Ok(Page { items: found.items.into_iter().map(ApiKey::try_from).collect::<Result<_, _>>()?, next })
}

/// Stores name, scopes and end, if the key is still of that version.
pub(crate) async fn update(tx: &Tx, key: &ApiKey) -> Result<bool, DbError> {
    let change = row::ActiveModel {
        name: Set(key.name.clone()),
        scopes: Set(serde_json::json!(key.scopes)),
        expires_at: Set(key.expires_at.millis()),
        updated_at: Set(tx.ambient().now().millis()),
        version: Set(key.version + 1),
        ..Default::default()
    };
    Ok(owned::<row::Entity>(key.owner).update_many().set(change).filter(this(key)).exec(tx).await?.rows_affected == 1)
}

/// Puts a new secret beside the one that worked until now, if the key is still of that version. One conditional write: of two
/// rotations one wins.
pub(crate) async fn rotate(tx: &Tx, key: &ApiKey, renewal: Renewal) -> Result<bool, DbError> {
    let change = owned::<row::Entity>(key.owner)
        .update_many()
        .col_expr(row::Column::PreviousHash, Expr::col(row::Column::SecretHash))
        .col_expr(row::Column::PreviousUntil, Expr::value(renewal.previous_until.millis()))
        .col_expr(row::Column::SecretHash, Expr::value(renewal.hash))
        .col_expr(row::Column::ExpiresAt, Expr::value(renewal.expires_at.millis()))
        .col_expr(row::Column::UpdatedAt, Expr::value(tx.ambient().now().millis()))
        .col_expr(row::Column::Version, Expr::col(row::Column::Version).add(1))
        .filter(this(key));
    Ok(change.exec(tx).await?.rows_affected == 1)
}

fn this(key: &ApiKey) -> Condition {
    Condition::all().add(row::Column::Id.eq(key.id.get())).add(row::Column::Version.eq(key.version))
}

/// Notes a use, unless one was noted since `before`. Neither a new version nor a change that lists tell of.
pub(crate) async fn touch(tx: &Tx, id: ApiKeyId, now: Timestamp, before: Timestamp) -> Result<(), DbError> {
    let stale = row::Column::LastUsedAt.is_null().or(row::Column::LastUsedAt.lte(before.millis()));
    let change = unscoped::<row::Entity>(REASON)
        .update_many()
        .col_expr(row::Column::LastUsedAt, Expr::value(now.millis()))
        .filter(row::Column::Id.eq(id.get()))
        .filter(stale);
    change.exec(tx).await?;
    Ok(())
}

pub(crate) async fn delete(tx: &Tx, owner: Owner, id: ApiKeyId) -> Result<bool, DbError> {
    let delete = owned::<row::Entity>(owner).delete_many().filter(row::Column::Id.eq(id.get()));
    Ok(delete.exec(tx).await?.rows_affected == 1)
}

/// Removes the keys of a space.
pub(crate) async fn delete_of(tx: &Tx, owner: Owner) -> Result<(), DbError> {
    owned::<row::Entity>(owner).delete_many().exec(tx).await?;
    Ok(())
}

/// Removes the keys that somebody made, in every space.
pub(crate) async fn delete_made_by(tx: &Tx, user: UserId) -> Result<(), DbError> {
    let delete = unscoped::<row::Entity>("somebody leaves all organisations").delete_many();
    delete.filter(row::Column::CreatedBy.eq(user.get())).filter(row::Column::OwnerId.ne(user.get())).exec(tx).await?;
    Ok(())
}

/// Removes what ended before `moment`. Returns how many.
pub(crate) async fn sweep(tx: &Tx, moment: Timestamp) -> Result<u64, DbError> {
    let delete = unscoped::<row::Entity>(REASON).delete_many().filter(row::Column::ExpiresAt.lt(moment.millis()));
    Ok(delete.exec(tx).await?.rows_affected)
}

impl TryFrom<row::Model> for ApiKey {
    type Error = DbError;

    fn try_from(row: row::Model) -> Result<Self, DbError> {
        let corrupt = |error| DbError::Corrupt(format!("API key {}: {error}", row.id));
        Ok(Self {
            id: ApiKeyId(row.id),
            prefix: row.prefix,
            owner: Owner(row.owner_id),
            created_by: UserId(row.created_by),
            name: row.name,
            scopes: serde_json::from_value(row.scopes).map_err(corrupt)?,
            expires_at: Timestamp::from_millis(row.expires_at),
            last_used_at: row.last_used_at.map(Timestamp::from_millis),
            previous_until: row.previous_until.map(Timestamp::from_millis),
            created_at: Timestamp::from_millis(row.created_at),
            version: row.version,
        })
    }
}
