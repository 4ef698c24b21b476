use core_db::{DbError, Tx};

use crate::core::Core;
use crate::model::Account;
use crate::store::{accounts, identities};

/// How many ways somebody has to sign in now. An identity of a provider that the settings do not name any more is none.
///
/// Whoever takes a way away locks first ([`lock`]), takes it, asks here, and gives the unit of work up when nothing is left.
pub(crate) async fn ways_in(core: &Core, tx: &Tx, account: &Account) -> Result<u64, DbError> {
    let password = u64::from(account.password_hash.is_some());
    let identities = identities::count(tx, account.id, core.config.oauth.issuers()).await?;
    // Passkeys count here as soon as there are some.
    Ok(password + identities)
}

/// Makes others who take ways away from this account wait, and reads it as it is then: of two who take the last two ways at the
/// same time, the second one sees that there is one left.
pub(crate) async fn lock(tx: &Tx, account: &Account) -> Result<Option<Account>, DbError> {
    accounts::lock(tx, account.id).await?;
    accounts::find(tx, account.id).await
}
