use core_db::{DbError, Tx};

use crate::AuthError;
use crate::core::Core;
use crate::model::Account;
use crate::store::{accounts, identities, passkeys};

/// How many ways somebody has to sign in now. An identity of a provider that the settings do not name any more is none, nor is a
/// second factor or a mail: who loses the mailbox would be out.
///
/// Whoever takes a way away locks first ([`lock`]), takes it, asks here, and gives the unit of work up when nothing is left.
pub(crate) async fn ways_in(core: &Core, tx: &Tx, account: &Account) -> Result<u64, DbError> {
    let password = u64::from(account.password_hash.is_some());
    let passkeys = passkeys::count(tx, account.id).await?;
    let identities = identities::count(tx, account.id, core.config.oauth.issuers()).await?;
    Ok(password + passkeys + identities)
}

/// Makes others who take ways away from this account wait, and reads it as it is then: of two who take the last two ways at the
/// same time, the second one sees that there is one left.
pub(crate) async fn lock(tx: &Tx, account: &Account) -> Result<Option<Account>, DbError> {
    accounts::lock(tx, account.id).await?;
    accounts::find(tx, account.id).await
}

/// Refuses what took the last way in; call it after the removal, in the same unit of work.
pub(crate) async fn require_one(core: &Core, tx: &Tx, account: &Account) -> Result<(), AuthError> {
    let account = lock(tx, account).await?.ok_or(AuthError::SessionEnded)?;
    if ways_in(core, tx, &account).await? == 0 { Err(AuthError::LastWayIn) } else { Ok(()) }
}
