//! Every query of this crate.

pub(crate) mod entity;
pub(crate) mod exercises;
pub(crate) mod imports;
pub(crate) mod measurements;
pub(crate) mod plans;
pub(crate) mod profiles;
pub(crate) mod sets;
pub(crate) mod workouts;

use core_db::{DbError, Tx};
use core_kernel::Owner;

/// Removes every row of an owner.
pub(crate) async fn erase(tx: &Tx, owner: Owner) -> Result<(), DbError> {
    profiles::delete(tx, owner).await?;
    exercises::delete_all(tx, owner).await?;
    plans::delete_all(tx, owner).await?;
    sets::delete_all(tx, owner).await?;
    workouts::delete_all(tx, owner).await?;
    measurements::delete_all(tx, owner).await?;
    imports::delete_all(tx, owner).await
}
