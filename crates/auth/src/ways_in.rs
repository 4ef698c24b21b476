use core_db::{DbError, Tx};

use crate::AuthError;
use crate::model::Account;
use crate::store::{accounts, passkeys};

/// How many ways of signing in somebody has. A second factor is none, and neither is a mail: who loses the mailbox would be out.
pub(crate) async fn count(tx: &Tx, account: &Account) -> Result<u64, DbError> {
    let password = u64::from(account.password_hash.is_some());
    let passkeys = passkeys::count(tx, account.id).await?;
    Ok(password + passkeys)
}

/// Refuses what took the last way in; call it after the removal, in the same unit of work. Two removals at once are judged one
/// after the other, so that they can't both be the last but one.
pub(crate) async fn require_one(tx: &Tx, account: &Account) -> Result<(), AuthError> {
    accounts::lock(tx, account.id).await?;
    let account = accounts::find(tx, account.id).await?.ok_or(AuthError::SessionEnded)?;
    if count(tx, &account).await? == 0 { Err(AuthError::LastWayIn) } else { Ok(()) }
}
