use core_db::{DbError, Tx, unscoped};
use core_kernel::{Timestamp, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::entity::{recovery_code, totp as row};

const REASON: &str = "second factors are asked for while nobody is signed in yet";
const SECRET: &str = "totp-secret";
const RECOVERY: &str = "recovery-code";

/// A person's authenticator app.
pub(crate) struct Totp {
    pub(crate) secret: Vec<u8>,
    pub(crate) last_step: i64,
    /// None: it has shown no code yet, so it is not asked for.
    pub(crate) confirmed_at: Option<Timestamp>,
}

/// Stores a secret that waits for its first code, in place of another one that waited. `false`: one is in use.
pub(crate) async fn begin_totp(tx: &Tx, user: UserId, secret: &[u8]) -> Result<bool, DbError> {
    let waiting = unscoped::<row::Entity>(REASON).delete_many().filter(row::Column::UserId.eq(user.get()));
    waiting.filter(row::Column::ConfirmedAt.is_null()).exec(tx).await?;
    if find_totp(tx, user).await?.is_some() {
        return Ok(false);
    }
    let model = row::ActiveModel {
        user_id: Set(user.get()),
        secret_sealed: Set(tx.keyring().seal(SECRET, user.get().as_bytes(), secret)?),
        last_step: Set(0),
        confirmed_at: Set(None),
        created_at: Set(tx.ambient().now().millis()),
    };
    row::Entity::insert(model).exec_without_returning(tx).await?;
    Ok(true)
}

/// The app, in use or not.
pub(crate) async fn find_totp(tx: &Tx, user: UserId) -> Result<Option<Totp>, DbError> {
    let Some(found) = unscoped::<row::Entity>(REASON).by_id(user.get()).one(tx).await? else { return Ok(None) };
    Ok(Some(Totp {
        secret: tx.keyring().open(SECRET, user.get().as_bytes(), &found.secret_sealed)?.to_vec(),
        last_step: found.last_step,
        confirmed_at: found.confirmed_at.map(Timestamp::from_millis),
    }))
}

/// Since when an app is asked for at sign-in; none: it is not.
pub(crate) async fn in_use_since<C: ConnectionTrait>(connection: &C, user: UserId) -> Result<Option<Timestamp>, DbError> {
    let found = unscoped::<row::Entity>(REASON).by_id(user.get()).one(connection).await?;
    Ok(found.and_then(|found| found.confirmed_at).map(Timestamp::from_millis))
}

/// Takes a step, if it is later than the last one taken. One conditional write: of two requests with the same code one wins. The
/// first code also puts the app to use.
pub(crate) async fn take_step(tx: &Tx, user: UserId, totp: &Totp, step: i64) -> Result<bool, DbError> {
    let confirmed_at = totp.confirmed_at.unwrap_or_else(|| tx.ambient().now());
    let before = match totp.confirmed_at {
        Some(_) => row::Column::ConfirmedAt.is_not_null(),
        None => row::Column::ConfirmedAt.is_null(),
    };
    let change = unscoped::<row::Entity>(REASON)
        .update_many()
        .col_expr(row::Column::LastStep, Expr::value(step))
        .col_expr(row::Column::ConfirmedAt, Expr::value(confirmed_at.millis()))
        .filter(row::Column::UserId.eq(user.get()))
        .filter(row::Column::LastStep.lt(step))
        .filter(before);
    Ok(change.exec(tx).await?.rows_affected == 1)
}

/// Removes app and recovery codes. `false`: there was no app.
pub(crate) async fn delete_of(tx: &Tx, user: UserId) -> Result<bool, DbError> {
    let removed = unscoped::<row::Entity>(REASON).delete_many().filter(row::Column::UserId.eq(user.get())).exec(tx).await?;
    delete_recovery_codes(tx, user).await?;
    Ok(removed.rows_affected == 1)
}

async fn delete_recovery_codes(tx: &Tx, user: UserId) -> Result<(), DbError> {
    let delete = unscoped::<recovery_code::Entity>(REASON).delete_many();
    delete.filter(recovery_code::Column::UserId.eq(user.get())).exec(tx).await?;
    Ok(())
}

/// Stores recovery codes in place of those of before. They are kept keyed: with 80 bits each and a key that is not in the
/// database, a copy of it is no help in guessing them.
pub(crate) async fn replace_recovery_codes(tx: &Tx, user: UserId, codes: &[String]) -> Result<(), DbError> {
    delete_recovery_codes(tx, user).await?;
    for code in codes {
        let model = recovery_code::ActiveModel {
            id: Set(tx.ambient().ids.next()),
            user_id: Set(user.get()),
            code_hash: Set(tx.keyring().sign(RECOVERY, &bound(user, code)).to_vec()),
            created_at: Set(tx.ambient().now().millis()),
            used_at: Set(None),
        };
        recovery_code::Entity::insert(model).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Uses a recovery code up. One conditional write: of two requests with the same code one wins.
pub(crate) async fn use_recovery_code(tx: &Tx, user: UserId, code: &str) -> Result<bool, DbError> {
    let mine = unscoped::<recovery_code::Entity>(REASON).select().filter(recovery_code::Column::UserId.eq(user.get()));
    let unused = mine.filter(recovery_code::Column::UsedAt.is_null()).all(tx).await?;
    let message = bound(user, code);
    let fits = |row: &&recovery_code::Model| tx.keyring().verify(RECOVERY, &message, &row.code_hash);
    let Some(found) = unused.iter().find(fits) else { return Ok(false) };
    let used = unscoped::<recovery_code::Entity>(REASON)
        .update_many()
        .col_expr(recovery_code::Column::UsedAt, Expr::value(tx.ambient().now().millis()))
        .filter(recovery_code::Column::Id.eq(found.id))
        .filter(recovery_code::Column::UsedAt.is_null());
    Ok(used.exec(tx).await?.rows_affected == 1)
}

fn bound(user: UserId, code: &str) -> Vec<u8> {
    [user.get().as_bytes().as_slice(), code.as_bytes()].concat()
}
