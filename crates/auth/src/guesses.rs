//! Guessing passwords is slowed down per address, whether or not it has an account: what is answered, when, and with how much work is
//! the same for both.

use std::time::Duration;

use core_db::{AuditEntry, Db, DbError, Tx};
use core_kernel::{Secret, UserId};

use crate::core::Core;
use crate::letters::{self, Letter};
use crate::model::Account;
use crate::password::Verdict;
use crate::store::attempts::{self, Slowdown, Tag};
use crate::{AuthError, Email};

/// From the fifth wrong password in a row there is a wait, which doubles.
const WAIT: Slowdown = Slowdown { free: 5, first: Duration::from_secs(1), longest: Duration::from_mins(15) };
/// After so many wrong passwords in a row none is looked at any more (NIST SP 800-63B-4 section 3.2.2), until the owner of the
/// address uses a link from a mail, or nothing was tried for a month.
const STOP: i64 = 100;

fn tag(keyring: &core_keys::Keyring, email: &Email) -> Tag {
    Tag::keyed(keyring, "password", email.canonical().as_bytes())
}

/// Refuses before any work where one has to wait.
async fn may_guess(db: &Db, email: &Email) -> Result<(), AuthError> {
    match attempts::find(db.read(), &tag(db.keyring(), email)).await? {
        Some(before) => refuse_early(&before, db.ambient().now()),
        None => Ok(()),
    }
}

fn refuse_early(before: &attempts::Attempt, now: core_kernel::Timestamp) -> Result<(), AuthError> {
    if before.number >= STOP {
        return Err(AuthError::Locked(WAIT.longest));
    }
    if before.blocked_until > now {
        return Err(AuthError::TooManyTries(before.blocked_until.since(now)));
    }
    Ok(())
}

/// Forgets wrong guesses: somebody has shown that the account is theirs.
pub(crate) async fn forget(tx: &Tx, email: &Email) -> Result<(), DbError> {
    attempts::clear(tx, &tag(tx.keyring(), email)).await
}

/// Within the unit of work that a right password leads to: while it was looked at, others may have guessed wrong so often that no
/// answer counts, not even this one. Otherwise guesses that are made at once would be free.
pub(crate) async fn was_right(tx: &Tx, email: &Email) -> Result<(), AuthError> {
    let tag = tag(tx.keyring(), email);
    if let Some(before) = attempts::find(tx, &tag).await? {
        refuse_early(&before, tx.ambient().now())?;
        attempts::clear(tx, &tag).await?;
    }
    Ok(())
}

/// Counts a wrong password, and says so in the log; without an account too.
async fn was_wrong(tx: &Tx, email: &Email, action: &'static str, account: Option<UserId>) -> Result<(), AuthError> {
    let tag = tag(tx.keyring(), email);
    let attempt = attempts::begin(tx, &tag).await?;
    let before = attempts::Attempt { number: attempt.number - 1, blocked_until: attempt.blocked_until };
    refuse_early(&before, tx.ambient().now())?;
    attempts::failed(tx, &tag, &attempt, WAIT).await?;
    if attempt.number == STOP {
        letters::post_within(tx, Letter::Locked, email).await?;
    }
    let subject = account.unwrap_or(UserId(uuid::Uuid::nil()));
    let details = serde_json::json!({});
    Ok(core_db::audit(tx, AuditEntry { action, outcome: "failure", subject, org: None, details }).await?)
}

impl Core {
    /// Checks a password for an address, with the same work whether or not it has an account. What follows a right one begins with
    /// [`was_right`] in its unit of work.
    pub(crate) async fn guess(
        &self,
        email: &Email,
        account: Option<&Account>,
        password: &Secret,
        action: &'static str,
    ) -> Result<Verdict, AuthError> {
        may_guess(&self.db, email).await?;
        let stored = account.and_then(|account| account.password_hash.clone());
        let verdict = self.hasher.verify(password, stored).await?;
        if verdict == Verdict::Wrong {
            let account = account.map(|account| account.id);
            self.db.write(|tx| async move { was_wrong(&tx, email, action, account).await }).await?;
        }
        Ok(verdict)
    }
}
