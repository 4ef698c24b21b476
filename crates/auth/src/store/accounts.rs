use core_db::{DbError, Tx, unscoped};
use core_kernel::{Timestamp, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, TryInsertResult};

use super::entity::account as row;
use crate::Email;
use crate::model::{Account, AccountStatus};

const REASON: &str = "identity looks accounts up by id and address, before an owner is known";

/// What a new account is made of.
#[derive(Clone)]
pub(crate) struct NewAccount {
    pub(crate) email: Email,
    pub(crate) display_name: Option<String>,
    pub(crate) roles: Vec<String>,
    pub(crate) password_hash: Option<String>,
    pub(crate) verified: bool,
}

/// Stores a new account; a taken address is [`DbError::Conflict`].
pub(crate) async fn create(tx: &Tx, new: NewAccount) -> Result<Account, DbError> {
    create_with_id(tx, tx.ambient().id(), new).await
}

/// The same under an id of the caller's choice.
pub(crate) async fn create_with_id(tx: &Tx, id: UserId, new: NewAccount) -> Result<Account, DbError> {
    let (account, model) = fresh(tx, id, new);
    row::Entity::insert(model).exec_without_returning(tx).await?;
    Ok(account)
}

/// Stores a new account. `None`: the address is taken.
pub(crate) async fn create_unless_taken(tx: &Tx, new: NewAccount) -> Result<Option<Account>, DbError> {
    let (account, model) = fresh(tx, tx.ambient().id(), new);
    let taken = OnConflict::new().do_nothing().to_owned();
    let insert = row::Entity::insert(model).on_conflict(taken).try_insert();
    Ok(match insert.exec_without_returning(tx).await? {
        TryInsertResult::Inserted(1..) => Some(account),
        _ => None,
    })
}

fn fresh(tx: &Tx, id: UserId, new: NewAccount) -> (Account, row::ActiveModel) {
    let now = tx.ambient().now();
    let account = Account {
        id,
        email: new.email,
        status: AccountStatus::Active,
        display_name: new.display_name,
        roles: new.roles,
        email_verified_at: new.verified.then_some(now),
        created_at: now,
        version: 1,
        password_hash: new.password_hash,
        password_version: 1,
        email_version: 1,
    };
    let model = row::ActiveModel {
        id: Set(account.id.get()),
        email: Set(account.email.as_str().to_owned()),
        canonical_email: Set(account.email.canonical().to_owned()),
        status: Set(account.status.as_str().to_owned()),
        display_name: Set(account.display_name.clone()),
        roles: Set(serde_json::json!(account.roles)),
        password_hash: Set(account.password_hash.clone()),
        password_version: Set(account.password_version),
        email_verified_at: Set(account.email_verified_at.map(Timestamp::millis)),
        email_version: Set(account.email_version),
        created_at: Set(now.millis()),
        updated_at: Set(now.millis()),
        version: Set(1),
    };
    (account, model)
}

pub(crate) async fn find<C: ConnectionTrait>(connection: &C, id: UserId) -> Result<Option<Account>, DbError> {
    unscoped::<row::Entity>(REASON).by_id(id.get()).one(connection).await?.map(Account::try_from).transpose()
}

pub(crate) async fn find_many<C: ConnectionTrait>(connection: &C, ids: &[UserId]) -> Result<Vec<Account>, DbError> {
    let select = unscoped::<row::Entity>(REASON).select().filter(row::Column::Id.is_in(ids.iter().map(|id| id.get())));
    select.all(connection).await?.into_iter().map(Account::try_from).collect()
}

pub(crate) async fn find_by_email<C: ConnectionTrait>(connection: &C, email: &Email) -> Result<Option<Account>, DbError> {
    let select = unscoped::<row::Entity>(REASON).select().filter(row::Column::CanonicalEmail.eq(email.canonical()));
    select.one(connection).await?.map(Account::try_from).transpose()
}

/// True when somebody has the role.
pub(crate) async fn anybody_has_role<C: ConnectionTrait>(connection: &C, role: &str) -> Result<bool, DbError> {
    // Roles are few and platform roles rarer; the text form is the same on both engines.
    let pattern = format!("%\"{role}\"%");
    let text = Expr::col(row::Column::Roles).cast_as("text");
    let select = unscoped::<row::Entity>(REASON).select().filter(text.like(pattern));
    Ok(select.one(connection).await?.is_some())
}

/// True when an active account other than `but` has the role.
pub(crate) async fn another_has_role(tx: &Tx, role: &str, but: UserId) -> Result<bool, DbError> {
    let text = Expr::col(row::Column::Roles).cast_as("text");
    let select = unscoped::<row::Entity>(REASON)
        .select()
        .filter(text.like(format!("%\"{role}\"%")))
        .filter(row::Column::Id.ne(but.get()))
        .filter(row::Column::Status.eq(AccountStatus::Active.as_str()));
    Ok(select.one(tx).await?.is_some())
}

/// Sets the roles.
pub(crate) async fn set_roles(tx: &Tx, id: UserId, roles: &[String]) -> Result<(), DbError> {
    let change = unscoped::<row::Entity>(REASON)
        .update_many()
        .col_expr(row::Column::Roles, Expr::value(serde_json::json!(roles)))
        .col_expr(row::Column::Version, Expr::col(row::Column::Version).add(1))
        .col_expr(row::Column::UpdatedAt, Expr::value(tx.ambient().now().millis()))
        .filter(row::Column::Id.eq(id.get()));
    change.exec(tx).await?;
    Ok(())
}

/// Sets a password if none was set since `version`. `false`: somebody else was faster.
pub(crate) async fn set_password(tx: &Tx, id: UserId, version: i64, hash: String) -> Result<bool, DbError> {
    let change = unscoped::<row::Entity>(REASON)
        .update_many()
        .col_expr(row::Column::PasswordHash, Expr::value(hash))
        .col_expr(row::Column::PasswordVersion, Expr::value(version + 1))
        .col_expr(row::Column::Version, Expr::col(row::Column::Version).add(1))
        .col_expr(row::Column::UpdatedAt, Expr::value(tx.ambient().now().millis()))
        .filter(row::Column::Id.eq(id.get()))
        .filter(row::Column::PasswordVersion.eq(version));
    Ok(change.exec(tx).await?.rows_affected == 1)
}

/// Makes whoever else changes what belongs to the account wait for the end of this unit of work.
pub(crate) async fn lock(tx: &Tx, id: UserId) -> Result<(), DbError> {
    let touch = unscoped::<row::Entity>(REASON).update_many().col_expr(row::Column::Version, Expr::col(row::Column::Version));
    touch.filter(row::Column::Id.eq(id.get())).exec(tx).await?;
    Ok(())
}

/// Replaces a hash by one of the same password.
pub(crate) async fn rehash(tx: &Tx, id: UserId, version: i64, hash: String) -> Result<(), DbError> {
    let change = unscoped::<row::Entity>(REASON)
        .update_many()
        .col_expr(row::Column::PasswordHash, Expr::value(hash))
        .filter(row::Column::Id.eq(id.get()))
        .filter(row::Column::PasswordVersion.eq(version));
    change.exec(tx).await?;
    Ok(())
}

/// Takes the password away if none was set since `version`: signing in with one waits for a new one.
pub(crate) async fn drop_password(tx: &Tx, id: UserId, version: i64) -> Result<(), DbError> {
    let change = unscoped::<row::Entity>(REASON)
        .update_many()
        .col_expr(row::Column::PasswordHash, Expr::value(None::<String>))
        .col_expr(row::Column::PasswordVersion, Expr::value(version + 1))
        .filter(row::Column::Id.eq(id.get()))
        .filter(row::Column::PasswordVersion.eq(version));
    change.exec(tx).await?;
    Ok(())
}

/// Marks the address as verified. `false`: it was already, or the account is gone.
pub(crate) async fn verify_email(tx: &Tx, id: UserId) -> Result<bool, DbError> {
    let now = tx.ambient().now().millis();
    let change = unscoped::<row::Entity>(REASON)
        .update_many()
        .col_expr(row::Column::EmailVerifiedAt, Expr::value(now))
        .col_expr(row::Column::Version, Expr::col(row::Column::Version).add(1))
        .col_expr(row::Column::UpdatedAt, Expr::value(now))
        .filter(row::Column::Id.eq(id.get()))
        .filter(row::Column::EmailVerifiedAt.is_null());
    Ok(change.exec(tx).await?.rows_affected == 1)
}

/// Moves an account from one status to another. `false`: it was not in the first.
pub(crate) async fn set_status(tx: &Tx, id: UserId, from: AccountStatus, to: AccountStatus) -> Result<bool, DbError> {
    let change = unscoped::<row::Entity>(REASON)
        .update_many()
        .col_expr(row::Column::Status, Expr::value(to.as_str()))
        .col_expr(row::Column::Version, Expr::col(row::Column::Version).add(1))
        .col_expr(row::Column::UpdatedAt, Expr::value(tx.ambient().now().millis()))
        .filter(row::Column::Id.eq(id.get()))
        .filter(row::Column::Status.eq(from.as_str()));
    Ok(change.exec(tx).await?.rows_affected == 1)
}

/// Moves the account to another address, which its mail has proved, unless the address was changed since `version`. `false`: it
/// was. An address that has an account by now is [`DbError::Conflict`].
pub(crate) async fn change_email(tx: &Tx, id: UserId, version: i64, email: &Email) -> Result<bool, DbError> {
    let now = tx.ambient().now().millis();
    let change = unscoped::<row::Entity>(REASON)
        .update_many()
        .col_expr(row::Column::Email, Expr::value(email.as_str()))
        .col_expr(row::Column::CanonicalEmail, Expr::value(email.canonical()))
        .col_expr(row::Column::EmailVerifiedAt, Expr::value(now))
        .col_expr(row::Column::EmailVersion, Expr::value(version + 1))
        .col_expr(row::Column::Version, Expr::col(row::Column::Version).add(1))
        .col_expr(row::Column::UpdatedAt, Expr::value(now))
        .filter(row::Column::Id.eq(id.get()))
        .filter(row::Column::Status.eq(AccountStatus::Active.as_str()))
        .filter(row::Column::EmailVersion.eq(version));
    Ok(change.exec(tx).await?.rows_affected == 1)
}

/// Closes an account. `false`: it was closed before, or is gone.
pub(crate) async fn close(tx: &Tx, id: UserId) -> Result<bool, DbError> {
    let change = unscoped::<row::Entity>(REASON)
        .update_many()
        .col_expr(row::Column::Status, Expr::value(AccountStatus::Closed.as_str()))
        .col_expr(row::Column::Version, Expr::col(row::Column::Version).add(1))
        .col_expr(row::Column::UpdatedAt, Expr::value(tx.ambient().now().millis()))
        .filter(row::Column::Id.eq(id.get()))
        .filter(row::Column::Status.ne(AccountStatus::Closed.as_str()));
    Ok(change.exec(tx).await?.rows_affected == 1)
}

pub(crate) async fn delete(tx: &Tx, id: UserId) -> Result<(), DbError> {
    unscoped::<row::Entity>(REASON).delete_many().filter(row::Column::Id.eq(id.get())).exec(tx).await?;
    Ok(())
}

impl TryFrom<row::Model> for Account {
    type Error = DbError;

    fn try_from(row: row::Model) -> Result<Self, DbError> {
        let corrupt = |what: &str| DbError::Corrupt(format!("account {}: {what}", row.id));
        Ok(Self {
            id: UserId(row.id),
            email: Email::parse(&row.email).ok_or_else(|| corrupt("email"))?,
            status: AccountStatus::parse(&row.status).ok_or_else(|| corrupt("status"))?,
            display_name: row.display_name.clone(),
            roles: serde_json::from_value(row.roles.clone()).map_err(|_| corrupt("roles"))?,
            email_verified_at: row.email_verified_at.map(Timestamp::from_millis),
            created_at: Timestamp::from_millis(row.created_at),
            version: row.version,
            password_hash: row.password_hash.clone(),
            password_version: row.password_version,
            email_version: row.email_version,
        })
    }
}
