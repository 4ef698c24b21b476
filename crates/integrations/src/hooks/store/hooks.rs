use core_db::{DbError, Tx, owned, unscoped};
use core_kernel::{Actor, CursorKey, Owner, Page, PageRequest, Secret, Timestamp, UserId, Visibility};
use core_keys::Keyring;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder};

use super::PUBLIC;
use super::entity::hook::{ActiveModel, Column, Entity, Model};
use crate::hooks::{Hook, HookId, HookKind, HookStatus};

const LEAVING: &str = "a person leaves rows in the spaces of organisations";
/// What secrets are sealed for.
const PURPOSE: &str = "integration-hook-secret";

/// A hook with its secret. The URL is not stored: it is that of this server.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) hook: Hook,
    pub(crate) secret: Option<Secret>,
}

fn visible_to(actor: &Actor) -> Condition {
    core_db::visible_to(actor, Column::Visibility, Column::CreatedBy)
}

/// A sealed secret opens for its hook and space alone.
fn bound_to(owner: Owner, id: HookId) -> Vec<u8> {
    [owner.get().into_bytes(), id.get().into_bytes()].concat()
}

fn seal(tx: &Tx, owner: Owner, id: HookId, secret: &Secret) -> Result<String, DbError> {
    Ok(tx.keyring().seal(PURPOSE, &bound_to(owner, id), secret.expose().as_bytes())?)
}

pub(crate) async fn insert(tx: &Tx, stored: &Stored) -> Result<(), DbError> {
    let hook = &stored.hook;
    let model = Model {
        id: hook.id.get(),
        owner_id: hook.owner.get(),
        created_by: hook.created_by.get(),
        visibility: hook.visibility.as_str().to_owned(),
        kind: hook.kind.as_str().to_owned(),
        name: hook.name.clone(),
        status: hook.status.as_str().to_owned(),
        secret: stored.secret.as_ref().map(|secret| seal(tx, hook.owner, hook.id, secret)).transpose()?,
        stored_bytes: 0,
        last_received_at: None,
        created_at: hook.created_at.millis(),
        updated_at: hook.updated_at.millis(),
        version: hook.version,
    };
    Entity::insert(ActiveModel::from(model)).exec_without_returning(tx).await?;
    Ok(())
}

/// How many a space has.
pub(crate) async fn count<C: ConnectionTrait>(connection: &C, owner: Owner) -> Result<u64, DbError> {
    Ok(owned::<Entity>(owner).select().count(connection).await?)
}

pub(crate) async fn find<C: ConnectionTrait>(
    connection: &C,
    keyring: &Keyring,
    actor: &Actor,
    id: HookId,
) -> Result<Option<Stored>, DbError> {
    let found = owned::<Entity>(actor.owner).by_id(id.get()).filter(visible_to(actor)).one(connection).await?;
    found.map(|row| open(keyring, row)).transpose()
}

/// One by its id alone, for whoever sends to it.
pub(crate) async fn find_of_anybody<C: ConnectionTrait>(
    connection: &C,
    keyring: &Keyring,
    id: HookId,
) -> Result<Option<Stored>, DbError> {
    unscoped::<Entity>(PUBLIC).by_id(id.get()).one(connection).await?.map(|row| open(keyring, row)).transpose()
}

pub(crate) async fn exists<C: ConnectionTrait>(connection: &C, id: HookId) -> Result<bool, DbError> {
    Ok(unscoped::<Entity>(PUBLIC).by_id(id.get()).count(connection).await? > 0)
}

pub(crate) async fn list<C: ConnectionTrait>(
    connection: &C,
    actor: &Actor,
    request: &PageRequest,
) -> Result<Page<Hook>, DbError> {
    let mut select = owned::<Entity>(actor.owner).select().filter(visible_to(actor));
    if let Some(since) = request.updated_since {
        select = select.filter(Column::UpdatedAt.gte(since.millis()));
    }
    let key = |row: &Model| CursorKey { at: Timestamp::from_millis(row.created_at), id: row.id };
    let page = core_db::page(select, (Column::CreatedAt, Column::Id), request, connection, key).await?;
    Ok(Page { items: page.items.iter().map(hook_of).collect::<Result<_, _>>()?, next: page.next })
}

/// All of a space.
pub(crate) async fn all<C: ConnectionTrait>(connection: &C, owner: Owner) -> Result<Vec<Hook>, DbError> {
    let select = owned::<Entity>(owner).select().order_by_asc(Column::CreatedAt).order_by_asc(Column::Id);
    select.all(connection).await?.iter().map(hook_of).collect()
}

/// Notion's token, once. False: it has one already, or is gone.
pub(crate) async fn take_token(tx: &Tx, hook: &Hook, token: &Secret) -> Result<bool, DbError> {
    let change = ActiveModel {
        status: Set(HookStatus::Verifying.as_str().to_owned()),
        secret: Set(Some(seal(tx, hook.owner, hook.id, token)?)),
        updated_at: Set(tx.ambient().now().millis()),
        version: Set(hook.version + 1),
        ..Default::default()
    };
    let update = unscoped::<Entity>(PUBLIC).update_many().set(change).filter(Column::Id.eq(hook.id.get()));
    let pending = Condition::all().add(Column::Status.eq(HookStatus::Pending.as_str())).add(Column::Secret.is_null());
    Ok(update.filter(pending).exec(tx).await?.rows_affected == 1)
}

/// Something proven came. The row stays held until the unit of work ends. False: it is gone.
pub(crate) async fn touch(tx: &Tx, id: HookId) -> Result<bool, DbError> {
    let change = ActiveModel {
        status: Set(HookStatus::Active.as_str().to_owned()),
        last_received_at: Set(Some(tx.ambient().now().millis())),
        ..Default::default()
    };
    let update = unscoped::<Entity>(PUBLIC).update_many().set(change).filter(Column::Id.eq(id.get()));
    Ok(update.exec(tx).await?.rows_affected == 1)
}

/// Takes room for so many bytes, or gives it back. False: there is not so much.
pub(crate) async fn take_room(tx: &Tx, id: HookId, bytes: i64, most: i64) -> Result<bool, DbError> {
    let sum = Expr::col(Column::StoredBytes).add(bytes);
    let update = unscoped::<Entity>(PUBLIC).update_many().col_expr(Column::StoredBytes, sum.clone());
    Ok(update.filter(Column::Id.eq(id.get())).filter(sum.lte(most)).exec(tx).await?.rows_affected == 1)
}

/// Deletes it. False: it is gone.
pub(crate) async fn delete(tx: &Tx, hook: &Hook) -> Result<bool, DbError> {
    let delete = owned::<Entity>(hook.owner).delete_many().filter(Column::Id.eq(hook.id.get()));
    Ok(delete.exec(tx).await?.rows_affected == 1)
}

/// Those that a person made for themselves in organisations.
pub(crate) async fn private_elsewhere(tx: &Tx, user: UserId) -> Result<Vec<Hook>, DbError> {
    let select = unscoped::<Entity>(LEAVING).select().filter(Column::CreatedBy.eq(user.get()));
    let select = select.filter(Column::OwnerId.ne(user.get())).filter(Column::Visibility.eq(Visibility::Private.as_str()));
    select.all(tx).await?.iter().map(hook_of).collect()
}

/// What a person made for organisations stays there, under no name.
pub(crate) async fn disown(tx: &Tx, user: UserId) -> Result<(), DbError> {
    let nobody = ActiveModel { created_by: Set(uuid::Uuid::nil()), ..Default::default() };
    let update = unscoped::<Entity>(LEAVING).update_many().set(nobody);
    update.filter(Column::CreatedBy.eq(user.get())).filter(Column::OwnerId.ne(user.get())).exec(tx).await?;
    Ok(())
}

pub(crate) async fn delete_all(tx: &Tx, owner: Owner) -> Result<(), DbError> {
    owned::<Entity>(owner).delete_many().exec(tx).await?;
    Ok(())
}

fn open(keyring: &Keyring, row: Model) -> Result<Stored, DbError> {
    let mut hook = hook_of(&row)?;
    let secret = match &row.secret {
        None => None,
        Some(sealed) => {
            let plain = keyring.open(PURPOSE, &bound_to(hook.owner, hook.id), sealed)?;
            let text = std::str::from_utf8(&plain);
            Some(Secret::new(text.map_err(|_| DbError::Corrupt(format!("the secret of hook {}", row.id)))?))
        }
    };
    // It has to be typed in at Notion, so it is shown until something signed by it came.
    hook.verification_token = secret.clone().filter(|_| hook.status == HookStatus::Verifying);
    Ok(Stored { hook, secret })
}

/// Without URL and token.
fn hook_of(row: &Model) -> Result<Hook, DbError> {
    let corrupt = |what: &str| DbError::Corrupt(format!("hook {}: {what}", row.id));
    Ok(Hook {
        id: HookId(row.id),
        owner: Owner(row.owner_id),
        created_by: UserId(row.created_by),
        visibility: if row.visibility == Visibility::Org.as_str() { Visibility::Org } else { Visibility::Private },
        kind: HookKind::parse(&row.kind).ok_or_else(|| corrupt("kind"))?,
        name: row.name.clone(),
        status: HookStatus::parse(&row.status).ok_or_else(|| corrupt("status"))?,
        url: String::new(),
        verification_token: None,
        last_received_at: row.last_received_at.map(Timestamp::from_millis),
        created_at: Timestamp::from_millis(row.created_at),
        updated_at: Timestamp::from_millis(row.updated_at),
        version: row.version,
    })
}
