use std::time::Duration;

use core_db::{DbError, Tx, unscoped};
use core_kernel::Timestamp;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter};

use super::entity::attempt as row;

const REASON: &str = "guesses are counted before it is known who guesses";
const PURPOSE: &str = "attempts";

/// What guesses are counted under: what is guessed, and whose. Keyed, so that the table tells nobody's address.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Tag(Vec<u8>);

impl Tag {
    pub(crate) fn new(tx: &Tx, what: &str, whose: &[u8]) -> Self {
        Self::keyed(tx.keyring(), what, whose)
    }

    /// The same outside of a unit of work.
    pub(crate) fn keyed(keyring: &core_keys::Keyring, what: &str, whose: &[u8]) -> Self {
        Self(keyring.sign(PURPOSE, &[what.as_bytes(), &[0], whose].concat()).to_vec())
    }
}

/// How guessing is slowed down: after so many failures one has to wait, twice as long after each one more.
#[derive(Clone, Copy)]
pub(crate) struct Slowdown {
    pub(crate) free: i64,
    pub(crate) first: Duration,
    pub(crate) longest: Duration,
}

impl Slowdown {
    fn after(self, failures: i64) -> Duration {
        let Ok(doublings) = u32::try_from(failures - self.free) else { return Duration::ZERO };
        self.first.saturating_mul(2_u32.saturating_pow(doublings)).min(self.longest)
    }
}

/// A guess that is being made.
pub(crate) struct Attempt {
    /// This one and those before it.
    pub(crate) number: i64,
    /// Until when no guess is looked at, by those before it.
    pub(crate) blocked_until: Timestamp,
}

/// What is known of earlier guesses: how many were wrong, and until when no further one is looked at.
pub(crate) async fn find<C: ConnectionTrait>(connection: &C, tag: &Tag) -> Result<Option<Attempt>, DbError> {
    let found = unscoped::<row::Entity>(REASON).by_id(tag.0.clone()).one(connection).await?;
    let read = |row: row::Model| Attempt { number: row.failures, blocked_until: Timestamp::from_millis(row.blocked_until) };
    Ok(found.map(read))
}

/// Counts a guess before it is looked at. Whoever else guesses waits for this unit of work, so that many guesses at once are still
/// one after the other. The caller gives up with an error where the guess is not allowed: then it is not counted.
pub(crate) async fn begin(tx: &Tx, tag: &Tag) -> Result<Attempt, DbError> {
    let now = tx.ambient().now().millis();
    let model = row::ActiveModel { id: Set(tag.0.clone()), failures: Set(1), blocked_until: Set(0), updated_at: Set(now) };
    let count = OnConflict::column(row::Column::Id)
        .value(row::Column::Failures, Expr::col((row::Entity, row::Column::Failures)).add(1))
        .value(row::Column::UpdatedAt, now)
        .to_owned();
    row::Entity::insert(model).on_conflict(count).exec_without_returning(tx).await?;
    let found = unscoped::<row::Entity>(REASON).by_id(tag.0.clone()).one(tx).await?.ok_or(DbError::NotFound)?;
    Ok(Attempt { number: found.failures, blocked_until: Timestamp::from_millis(found.blocked_until) })
}

/// Says that the guess was wrong.
pub(crate) async fn failed(tx: &Tx, tag: &Tag, attempt: &Attempt, slowdown: Slowdown) -> Result<(), DbError> {
    let until = tx.ambient().now().plus(slowdown.after(attempt.number));
    let change = unscoped::<row::Entity>(REASON)
        .update_many()
        .col_expr(row::Column::BlockedUntil, Expr::value(until.millis()))
        .filter(row::Column::Id.eq(tag.0.clone()));
    change.exec(tx).await?;
    Ok(())
}

/// Forgets all guesses.
pub(crate) async fn clear(tx: &Tx, tag: &Tag) -> Result<(), DbError> {
    unscoped::<row::Entity>(REASON).delete_many().filter(row::Column::Id.eq(tag.0.clone())).exec(tx).await?;
    Ok(())
}

pub(crate) async fn sweep(tx: &Tx, moment: Timestamp) -> Result<u64, DbError> {
    let delete = unscoped::<row::Entity>(REASON).delete_many().filter(row::Column::UpdatedAt.lt(moment.millis()));
    Ok(delete.exec(tx).await?.rows_affected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_begins_after_the_free_guesses_and_doubles_up_to_the_longest() {
        let slowdown = Slowdown { free: 5, first: Duration::from_secs(30), longest: Duration::from_hours(1) };
        let waits: Vec<u64> = [1, 4, 5, 6, 7, 11, 12, 1000].map(|failures| slowdown.after(failures).as_secs()).into();
        assert_eq!(waits, [0, 0, 30, 60, 120, 1920, 3600, 3600]);
    }
}
